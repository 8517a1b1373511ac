//! Codes of lexing, literals, parsing (NPL00xx, NPL01xx).

codes! {
    BYTE_ORDER_MARK = "NPL0001" "byte-order-mark" Warning "a byte order mark at the start of a file";
    STRAY_CHARACTER = "NPL0002" "stray-character" Error "a character that belongs to no token";
    CONTROL_CHARACTER = "NPL0003" "control-character" Error "a control character, such as a NUL byte";
    UNFINISHED_STRING = "NPL0004" "unfinished-string" Error "a string that its line does not close";
    UNKNOWN_ESCAPE = "NPL0005" "unknown-escape" Error "a backslash that escapes nothing";
    STRING_TOO_LONG = "NPL0006" "string-too-long" Error "a string of more than 255 bytes";
    NAME_TOO_LONG = "NPL0007" "name-too-long" Error "a name of more than 63 characters";
    BIDIRECTIONAL_TEXT = "NPL0008" "bidirectional-text" Error "an invisible character that turns the direction of text";
    MINUS_OPERATOR = "NPL0009" "minus-operator" Error "a `-` between two names";
    LEADING_ZERO = "NPL0010" "leading-zero" Error "a number that begins with a zero";
    PORT_RANGE = "NPL0011" "port-out-of-range" Error "a port that does not exist";
    UNKNOWN_PROTOCOL = "NPL0012" "unknown-protocol" Error "a protocol that ports do not have";
    BAD_ADDRESS = "NPL0013" "bad-address" Error "an address that is none";
    PREFIX_LENGTH = "NPL0014" "prefix-length" Error "a prefix length that is out of range";
    HOST_BITS = "NPL0015" "host-bits" Error "a network written with one of its later addresses";
    MAPPED_ADDRESS = "NPL0016" "mapped-address" Error "an IPv4 address written as IPv6";
    BAD_DATE = "NPL0017" "bad-date" Error "a day that does not exist";
    HOP_COUNT = "NPL0018" "hop-count" Error "a number of hops that is out of range";
    WRONG_QUOTES = "NPL0019" "wrong-quotes" Error "a string in single quotes";
    WRONG_COMMENT = "NPL0020" "wrong-comment" Error "a comment that does not begin with `//`";
    UNATTACHED_DOC = "NPL0021" "unattached-doc" Warning "a documentation comment that documents nothing";
    REPEATED_ENTRY = "NPL0022" "repeated-entry" Warning "an entry that stands twice in one list";
    UNEXPECTED_TOKEN = "NPL0101" "unexpected-token" Error "a text that does not follow the grammar";
    MISSING_KEYWORD = "NPL0102" "missing-keyword" Error "an item that does not begin with its keyword";
    UNCLOSED_BRACKET = "NPL0103" "unclosed-bracket" Error "a bracket that is never closed";
    UNOPENED_BRACKET = "NPL0104" "unopened-bracket" Error "a bracket that closes nothing";
    NESTING_TOO_DEEP = "NPL0105" "nesting-too-deep" Error "brackets nested deeper than 64";
    RESERVED_WORD = "NPL0106" "reserved-word" Error "a reserved word where a name is expected";
    UNQUOTED_KEY = "NPL0107" "unquoted-key" Error "a label key that needs quotes";
    UNION_DESTINATION = "NPL0108" "union-destination" Error "a destination that needs parentheses";
    ENTRY_COMMA = "NPL0109" "entry-comma" Error "a comma between entries or flows";
    BARE_IPV6 = "NPL0110" "bare-ipv6" Error "an IPv6 address without brackets in a flow";
    FLOW_PORTS = "NPL0111" "flow-ports" Error "a flow with a set of ports";
    MISSING_COMMA = "NPL0112" "missing-comma" Error "two entries without a comma between them";
    UNQUOTED_STRING = "NPL0113" "unquoted-string" Error "a text without its quotes";
    LABEL_EQUALS = "NPL0114" "label-equals" Error "a label written with `=`";
    UNION_COMMA = "NPL0115" "union-comma" Error "ends of a rule separated by a comma";
    CLAUSE_ORDER = "NPL0116" "clause-order" Error "clauses of a rule in another order";
    MISSING_VERDICT = "NPL0117" "missing-verdict" Error "a flow of a test without a verdict";
}

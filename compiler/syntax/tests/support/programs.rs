//! Whole programs, made of choices: the same choices make the same program, fewer choices a smaller
//! one.
#![allow(dead_code, reason = "test code")]

/// Answers every question with the next of the given choices, and with the first answer when there
/// are no more.
pub(crate) struct Choices<'c> {
    rest: &'c [u16],
}

impl<'c> Choices<'c> {
    pub(crate) fn new(choices: &'c [u16]) -> Self {
        Self { rest: choices }
    }

    pub(crate) fn below(&mut self, count: usize) -> usize {
        match self.rest.split_first() {
            Some((first, rest)) => {
                self.rest = rest;
                usize::from(*first) % count
            }
            None => 0,
        }
    }

    fn pick(&mut self, of: &[&'static str]) -> String {
        of[self.below(of.len())].to_owned()
    }

    fn list(
        &mut self,
        least: usize,
        most: usize,
        sep: &str,
        mut f: impl FnMut(&mut Self) -> String,
    ) -> String {
        let count = least + self.below(most - least + 1);
        let parts: Vec<String> = (0..count).map(|_| f(self)).collect();
        let comma = sep == "," && count > 0 && self.below(4) == 1;
        parts.join(&format!(" {sep} ")) + if comma { " ," } else { "" }
    }

    fn name(&mut self) -> String {
        self.pick(&[
            "a",
            "b",
            "frontend",
            "api-gateway",
            "ingress",
            "egress",
            "of",
            "reach",
            "stays",
            "hops",
            "disjoint",
            "account",
            "any",
            "x_1",
            "allowed",
            "tls",
            "a_rather_long_name_of_something",
        ])
    }

    fn string(&mut self) -> String {
        self.pick(&[
            "\"x\"",
            "\"api.example.com\"",
            "\"a \\\" b\"",
            "\"\\\\\"",
            "\"// no\"",
            "\"{\"",
            "\"\"",
            "\"a value that takes some room on a line of a program\"",
        ])
    }

    fn path(&mut self) -> String {
        self.list(1, 3, ".", Self::name)
    }

    fn addr(&mut self) -> String {
        self.pick(&[
            "10.0.0.0/8",
            "192.168.7.1",
            "2001:db8::/32",
            "::1",
            "[2001:db8::1]",
            "0.0.0.0/0",
        ])
    }

    fn port(&mut self) -> String {
        match self.below(4) {
            0 => self.pick(&[
                "443",
                "53/udp",
                "8000-8100",
                "*/tcp",
                "*",
                "9000-9001/sctp",
                "1/any",
            ]),
            1 => self.path(),
            _ => self.pick(&["80", "443"]),
        }
    }

    fn ports(&mut self) -> String {
        match self.below(3) {
            0 => format!("{{ {} }}", self.list(1, 4, ",", |c| c.port())),
            _ => self.port(),
        }
    }

    fn prim(&mut self, depth: usize) -> String {
        match self.below(6) {
            0 if depth > 0 => format!("( {} )", self.set(depth - 1)),
            1 => self.string(),
            2 => self.addr(),
            _ => self.path(),
        }
    }

    fn set(&mut self, depth: usize) -> String {
        let mut out = self.list(1, 3, "|", |c| c.prim(depth));
        if self.below(3) == 1 {
            out += " except ";
            out += &self.list(1, 3, "|", |c| c.prim(depth));
        }
        out
    }

    fn dest(&mut self) -> String {
        let prim = self.prim(2);
        if self.below(4) == 1 {
            prim
        } else {
            format!("{prim} : {}", self.ports())
        }
    }

    fn strings(&mut self) -> String {
        format!("[ {} ]", self.list(1, 3, ",", Self::string))
    }

    fn label(&mut self) -> String {
        let key = match self.below(4) {
            0 => self.string(),
            1 => self.pick(&["service", "namespace", "via", "allow", "open", "port"]),
            _ => self.name(),
        };
        match self.below(5) {
            0 => format!("{key} in {}", self.strings()),
            1 => format!("{key} not in {}", self.strings()),
            2 => key,
            3 => format!("! {key}"),
            _ => format!("{key} : {}", self.string()),
        }
    }

    fn labels(&mut self) -> String {
        format!("{{ {} }}", self.list(0, 4, ",", Self::label))
    }

    fn namespace(&mut self) -> String {
        match self.below(4) {
            0 => format!("in namespace {}", self.strings()),
            1 => format!("in namespace {}", self.labels()),
            2 => "in any namespace".into(),
            _ => format!("in namespace {}", self.name()),
        }
    }

    fn via(&mut self) -> String {
        let clause = self.pick(&["tls.sni", "dns", "http", "http.host", "grpc", "tls.snii"]);
        let names = self.below(2) == 1;
        let mut out = format!("via {clause}");
        if names {
            out += " ";
            out += &self.list(1, 3, "|", |c| {
                if c.below(2) == 1 {
                    c.path()
                } else {
                    c.string()
                }
            });
        }
        if self.below(2) == 1 {
            let entry = |c: &mut Self| {
                let method = c.pick(&["GET ", "POST ", "", "any "]);
                method + &c.string()
            };
            out += &format!(" {{ {} }}", self.list(0, 4, " ", entry));
        }
        out
    }

    fn rule(&mut self) -> String {
        let word = self.pick(&["allow", "deny"]);
        // A direction before a name that is a direction word is the reading of the grammar.
        let dir = self.pick(&["", "", "ingress ", "egress "]);
        let mut out = format!("{word} {dir}{} -> {}", self.set(2), self.dest());
        if self.below(3) == 1 {
            out += " ";
            out += &self.via();
        }
        if self.below(4) == 1 {
            out += " until 2027-01-31";
        }
        if self.below(4) == 1 {
            out += " because ";
            out += &self.string();
        }
        out
    }

    fn claim(&mut self) -> String {
        match self.below(5) {
            0 => format!("assert only {} can reach {}", self.set(1), self.dest()),
            1 => format!(
                "assert breach of {} stays within {{ {} }}{}",
                self.set(1),
                self.list(0, 4, ",", |c| c.set(1)),
                if self.below(2) == 1 {
                    " within 3 hops"
                } else {
                    ""
                }
            ),
            2 => format!("assert disjoint {} , {}", self.set(1), self.set(1)),
            3 => format!("assert {} can reach {}", self.set(1), self.dest()),
            _ => format!(
                "assert {} cannot reach {} within 2 hops",
                self.set(1),
                self.dest()
            ),
        }
    }

    fn end(&mut self) -> String {
        match self.below(5) {
            0 => format!("{} in {}", self.labels(), self.name()),
            1 => self.labels(),
            2 => self.string(),
            3 => self.pick(&["10.0.0.7", "[::1]"]),
            _ => self.path(),
        }
    }

    fn flow(&mut self) -> String {
        let mut out = format!("{} -> {}", self.end(), self.end());
        if self.below(3) != 1 {
            out += " : ";
            out += &self.port();
        }
        for _ in 0..self.below(3) {
            out += &format!(
                " {} {}",
                self.pick(&["sni", "http GET", "host", "dns"]),
                self.string()
            );
        }
        out + " is " + &self.pick(&["allowed", "denied"])
    }

    fn arg(&mut self) -> String {
        match self.below(3) {
            0 => self.pick(&["443", "53/udp", "*"]),
            _ => self.set(1),
        }
    }

    fn kind(&mut self) -> String {
        self.pick(&[
            "workload", "external", "network", "group", "service", "port", "string",
        ])
    }

    pub(crate) fn item(&mut self, depth: usize) -> String {
        match self.below(16) {
            0 => format!("use {}", self.path()),
            1 => format!("use {} as {}", self.path(), self.name()),
            2 => format!(
                "use {} . {{ {} }}",
                self.path(),
                self.list(1, 4, ",", Self::name)
            ),
            3 | 4 => {
                let foreign = self.pick(&["", "foreign "]);
                let mut out = format!("{foreign}workload {} {}", self.name(), self.labels());
                for _ in 0..self.below(4) {
                    out += " ";
                    out += &match self.below(3) {
                        0 => self.namespace(),
                        1 => format!("account {}", self.string()),
                        _ => self.pick(&["open ingress", "open egress , ingress"]),
                    };
                }
                out
            }
            5 => format!("external {} = {}", self.name(), self.set(1)),
            6 => format!("network {} = {}", self.name(), self.set(2)),
            7 => format!("group {} = {}", self.name(), self.set(3)),
            8 => {
                let namespace = if self.below(2) == 1 {
                    self.namespace()
                } else {
                    String::new()
                };
                format!("service {} = {} {namespace}", self.name(), self.string())
            }
            9 => format!("port {} = {}", self.name(), self.ports()),
            10 => {
                let default = if self.below(2) == 1 {
                    format!("= {}", self.arg())
                } else {
                    String::new()
                };
                format!("param {} : {} {default}", self.name(), self.kind())
            }
            11 if depth > 0 => {
                let formals = self.list(0, 3, ",", |c| format!("{} : {}", c.name(), c.kind()));
                let body = self.list(0, 3, " ", |c| c.item(depth - 1));
                format!("template {} ( {formals} ) {{ {body} }}", self.name())
            }
            12 => format!(
                "apply {} ( {} )",
                self.path(),
                self.list(0, 3, ",", Self::arg)
            ),
            13 => self.claim(),
            14 => format!(
                "test {} {{ {} }}",
                self.string(),
                self.list(0, 3, " ", Self::flow)
            ),
            _ => self.rule(),
        }
    }

    /// A program that parses, its tokens one blank apart.
    pub(crate) fn program(&mut self) -> String {
        self.list(1, 5, "\n", |c| c.item(2))
    }

    /// The same tokens with other blanks and with comments everywhere.
    pub(crate) fn scatter(&mut self, program: &str) -> String {
        let tokens = npl_syntax::lex(program);
        let mut out = String::new();
        let mut count = 0;
        for (kind, range) in tokens.iter() {
            if !kind.is_trivia() {
                out.push_str(&program[range.as_usize()]);
                continue;
            }
            count += 1;
            match self.below(12) {
                0 => out.push('\n'),
                1 => out.push_str("\n\n\n"),
                2 => out.push_str(&format!(" // c{count}  \n")),
                3 => out.push_str(&format!("\n  // c{count}\n")),
                4 => out.push_str(&format!("\n\n// c{count}\n\n// d{count}\r\n")),
                5 => out.push_str(&format!(" // c{count}\n // d{count}\n")),
                6 => out.push_str(&format!("\n/// doc {count}\n")),
                7 => out.push_str(&format!(" /// doc {count}\n//// ruler {count}\n")),
                8 => out.push_str(" \t\r\n"),
                _ => out.push(' '),
            }
        }
        out
    }
}

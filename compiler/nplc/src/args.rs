//! The command line's shape: names, flags and their help. Kept stable from the first release on.

use clap::{Args, Parser, Subcommand, ValueEnum, builder::NonEmptyStringValueParser};
use npl_syntax::ast::Date;

/// Compile and check network policy written in NPL.
#[derive(Debug, Parser)]
#[command(
    name = "nplc",
    version,
    propagate_version = true,
    subcommand_required = true,
    arg_required_else_help = true,
    after_help = "Exit codes: 0 clean; 1 the answer is no (errors, a failed assert or test); \
                  2 the question could not be asked (usage, unreadable file, broken inventory)."
)]
pub struct Cli {
    #[command(flatten)]
    pub talk: Talk,
    #[command(subcommand)]
    pub command: Command,
}

/// How much is said, and in which colours.
#[derive(Clone, Copy, Debug, Args)]
pub struct Talk {
    /// Colours in the output; `NO_COLOR` switches them off for `auto`
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub color: ColorWhen,
    /// Say nothing but results and errors
    #[arg(short, long, global = true)]
    pub quiet: bool,
    /// Say more about what is done
    #[arg(short, long, global = true, conflicts_with = "quiet")]
    pub verbose: bool,
}

impl Talk {
    /// Where no flag was read.
    pub(crate) const PLAIN: Self = Self {
        color: ColorWhen::Auto,
        quiet: false,
        verbose: false,
    };
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ColorWhen {
    Auto,
    Always,
    Never,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make a package that compiles and tests green
    Init(Init),
    /// Report every error and lint; write nothing
    Check(Check),
    /// Check, decide the asserts, and emit a target's policy
    Build(Build),
    /// Put sources into the one style
    Fmt(Fmt),
    /// Explain a code (NPL0101), a rule id, or what stands at FILE:LINE
    Explain(Explain),
    /// Run test blocks and asserts
    Test(Test),
    /// Say which rule decides a flow, at each end
    Trace(Trace),
    /// Turn existing YAML policies into a program
    Import(Import),
    /// Print a completion script for a shell
    Completions(Completions),
    /// Print a manual page
    Man(Man),
}

/// What every command that reads policy takes.
#[derive(Clone, Debug, Args)]
pub struct Sources {
    /// Sources: `.npl` files, package folders, folders of `.npl`, manifests; `-` is standard input.
    /// Without any: the nearest `npl.toml` upwards, else the current folder
    #[arg(value_name = "SRC")]
    pub sources: Vec<String>,
    #[command(flatten)]
    pub options: Options,
}

#[derive(Clone, Debug, Args)]
pub struct Options {
    /// What standard input holds
    #[arg(long, value_name = "KIND", default_value = "npl")]
    pub stdin_kind: StdinKind,
    /// Kubernetes manifests of what runs in the cluster: a file or a folder (repeatable)
    #[arg(long, value_name = "PATH")]
    pub inventory: Vec<String>,
    /// An environment of `npl.toml`
    #[arg(long, value_name = "NAME")]
    pub env: Option<String>,
    /// The day that `until` is judged by, instead of today
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = crate::clock::parse_day)]
    pub as_of: Option<Date>,
    /// Claims that hold only under assumptions, or only for the pods of the inventory, fail
    #[arg(long)]
    pub strict: bool,
    /// Threads to use, instead of one for each processor
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub jobs: Option<u16>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum StdinKind {
    /// A source file
    Npl,
    /// Manifests
    Yaml,
    /// Flows, one JSON object a line (`trace`)
    Flows,
}

/// Forms of findings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Findings {
    /// With the source text
    Full,
    /// One line each
    Concise,
    /// One JSON document
    Json,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// Annotations of GitHub Actions
    Github,
}

#[derive(Debug, Args)]
pub struct Init {
    /// The folder to make the package in
    #[arg(value_name = "DIR", default_value = ".")]
    pub folder: String,
}

#[derive(Debug, Args)]
pub struct Check {
    #[command(flatten)]
    pub from: Sources,
    /// The form of the findings
    #[arg(long, value_name = "FORMAT", default_value = "full")]
    pub format: Findings,
}

#[derive(Debug, Args)]
pub struct Build {
    #[command(flatten)]
    pub from: Sources,
    /// What to emit: `cilium`, `kubernetes`, or both with a comma between them
    #[arg(
        long,
        value_name = "TARGET",
        value_delimiter = ',',
        default_value = "cilium"
    )]
    pub target: Vec<String>,
    /// A folder (one file an object, and `npl-objects.json`), a `.yaml` file, or `-` for standard
    /// output
    #[arg(
        short,
        long,
        value_name = "DIR|FILE|-",
        default_value = "-",
        value_parser = NonEmptyStringValueParser::new()
    )]
    pub output: String,
    /// Read what was written with an independent reader, and compare
    #[arg(long)]
    pub verify: bool,
    /// Emit for this stage of a rollout: `observe` closes nothing
    #[arg(long, value_name = "STAGE", default_value = "enforce")]
    pub stage: Stage,
    /// The form of the findings, which go to standard error
    #[arg(long, value_name = "FORMAT", default_value = "full")]
    pub format: Findings,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Stage {
    Enforce,
    Observe,
}

#[derive(Debug, Args)]
pub struct Fmt {
    /// Files and folders; `-` formats standard input. Without any: the nearest `npl.toml` upwards,
    /// else the current folder
    #[arg(value_name = "SRC")]
    pub sources: Vec<String>,
    /// Write nothing; exit with 1 if a file is not in the one style
    #[arg(long)]
    pub check: bool,
    /// Write nothing; show what would change, and exit with 1 if anything would
    #[arg(long, conflicts_with = "check")]
    pub diff: bool,
    /// The form of findings in files with syntax errors
    #[arg(long, value_name = "FORMAT", default_value = "full")]
    pub format: Findings,
}

#[derive(Debug, Args)]
pub struct Explain {
    /// A code (`NPL0101` or its name), a rule id (`r3f9c21…`), or FILE:LINE
    #[arg(value_name = "WHAT")]
    pub what: String,
    #[command(flatten)]
    pub from: Sources,
}

#[derive(Debug, Args)]
pub struct Test {
    #[command(flatten)]
    pub from: Sources,
    /// Run only tests and asserts whose name holds this text; to match none is a failure
    #[arg(long, value_name = "TEXT")]
    pub filter: Option<String>,
    /// Name the rules that no test reaches
    #[arg(long)]
    pub coverage: bool,
    /// The form of the report
    #[arg(long, value_name = "FORMAT", default_value = "full")]
    pub format: TestReport,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum TestReport {
    /// One line a test, and why those that failed did
    Full,
    /// Only what failed, one line each
    Concise,
    /// One JSON document
    Json,
    /// JUnit XML
    Junit,
    /// Annotations of GitHub Actions
    Github,
}

#[derive(Debug, Args)]
#[command(after_help = "A flow is written as in a test block: \
    'frontend -> api:443 sni \"api.example.com\"'. An end may also be '{ app: \"x\" } in shop', \
    an address, a DNS name in quotes, or an entity.")]
pub struct Trace {
    /// Sources, then the flow; with --flows, or flows from `-`: sources only
    #[arg(value_name = "SRC… FLOW", required_unless_present = "flows")]
    pub words: Vec<String>,
    /// Flows, one JSON object a line; `-` is standard input
    #[arg(long, value_name = "FILE")]
    pub flows: Option<String>,
    /// Exit with 1 unless every flow has this verdict
    #[arg(long, value_name = "VERDICT")]
    pub expect: Option<Expect>,
    /// Addresses of DNS names: a JSON object `{name: [address]}`
    #[arg(long, value_name = "FILE")]
    pub dns: Option<String>,
    /// The form of the answer; flows from a file are answered in JSON, one a line
    #[arg(long, value_name = "FORMAT")]
    pub format: Option<TraceReport>,
    #[command(flatten)]
    pub options: Options,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Expect {
    Allow,
    Deny,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum TraceReport {
    /// Each end with its reason
    Full,
    /// One line a flow
    Concise,
    /// One JSON object a line
    Json,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Reads CiliumNetworkPolicy, CiliumClusterwideNetworkPolicy, \
    CiliumCIDRGroup, NetworkPolicy and what of ClusterNetworkPolicy needs no order. An object \
    that NPL cannot say is refused by name and listed at the head of the program, and the exit \
    code is 1, unless --skip-refused takes that for the answer. Where a file cannot be read, nothing is written."
)]
pub struct Import {
    /// YAML files and folders of them; `-` is standard input
    #[arg(value_name = "SRC", required = true)]
    pub sources: Vec<String>,
    /// The file to write, or `-` for standard output
    #[arg(
        short,
        long,
        value_name = "FILE|-",
        default_value = "-",
        value_parser = NonEmptyStringValueParser::new()
    )]
    pub output: String,
    /// Prove that the program means what the YAML means, or show the flows that differ
    #[arg(long)]
    pub verify: bool,
    /// Refused objects, listed at the head of the program, are no error
    #[arg(long)]
    pub skip_refused: bool,
    /// Kubernetes manifests of what runs in the cluster: a file or a folder (repeatable)
    #[arg(long, value_name = "PATH")]
    pub inventory: Vec<String>,
    /// What standard input holds
    #[arg(long, value_name = "KIND", default_value = "yaml")]
    pub stdin_kind: StdinKind,
    /// Threads to use, instead of one for each processor
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub jobs: Option<u16>,
    /// The form of the findings, which go to standard error
    #[arg(long, value_name = "FORMAT", default_value = "full")]
    pub format: Findings,
}

#[derive(Debug, Args)]
pub struct Completions {
    pub shell: clap_complete::Shell,
}

#[derive(Debug, Args)]
pub struct Man {
    /// The page of this command instead of the program's
    #[arg(value_name = "COMMAND")]
    pub command: Option<String>,
}

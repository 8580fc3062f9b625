//! The arguments of `dap`.

use std::path::PathBuf;

use clap::{Args, ValueHint, value_parser};

/// The options of `dap`.
#[derive(Debug, Args)]
pub(super) struct DapArguments {
    /// Attach to this process, whatever process the client asks for
    #[arg(short, long, value_parser = value_parser!(u32).range(1..))]
    pub pid: Option<u32>,
    /// Show this capture, whatever process the client asks for
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with = "pid")]
    pub capture: Option<PathBuf>,
    /// Wait for clients on this port; port 0 takes a free one
    #[arg(long, value_name = "HOST:PORT", conflicts_with = "socket")]
    pub listen: Option<String>,
    /// Wait for clients on a Unix socket that only you can use
    #[arg(long, value_name = "PATH", value_hint = ValueHint::FilePath)]
    pub socket: Option<PathBuf>,
    /// Accept clients from other machines, which must send a token
    ///
    /// The token is taken from DAPPER_ATTACH_TOKEN; without it, a random one is
    /// made and printed. Nothing is encrypted: prefer
    /// `ssh -L 5678:127.0.0.1:5678 HOST`.
    #[arg(long, requires = "listen")]
    pub allow_remote: bool,
}

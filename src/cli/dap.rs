//! `dapper-attach dap`

use std::fs::File;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, ToSocketAddrs};
use std::process::ExitCode;

use super::dap_arguments::DapArguments;
use super::failure::Failure;
use crate::dap::server::serve;
use crate::dap::session::options::Rules;
use crate::dap::transport::{Stdio, Tcp, Transport, Unix};
use crate::plain_text::clean;

/// Environment variable with the token that remote clients must send.
const TOKEN_VARIABLE: &str = "DAPPER_ATTACH_TOKEN";
/// Random bytes of a token that is made here.
const TOKEN_BYTES: usize = 16;

/// Serves clients until standard input ends, or on a port or socket for as long as
/// the process runs.
///
/// # Errors
/// If the address is not allowed or cannot be listened on, or the transport fails.
pub(super) fn run(arguments: &DapArguments) -> Result<ExitCode, Failure> {
    let mut rules = Rules {
        pid: arguments.pid,
        capture: arguments.capture.clone(),
        token: None,
    };
    let mut transport: Box<dyn Transport> = match (&arguments.listen, &arguments.socket) {
        (Some(address), _) => {
            let address = resolve(address)?;
            if !address.ip().is_loopback() {
                if !arguments.allow_remote {
                    return Err(Failure::new(
                        "not-loopback",
                        format!("{address} can be reached from other machines"),
                        Some("listen on 127.0.0.1, or add --allow-remote".into()),
                    ));
                }
                rules.token = Some(token()?);
            }
            let tcp = Tcp::listen(address).map_err(|error| cannot_listen(&address, &error))?;
            let bound = tcp.address().unwrap_or(address);
            print(&format!("listening on {bound}"));
            Box::new(tcp)
        }
        (None, Some(path)) => {
            let shown = path.display();
            let unix = Unix::listen(path).map_err(|error| cannot_listen(&shown, &error))?;
            print(&format!("listening on {shown}"));
            Box::new(unix)
        }
        (None, None) => Box::new(Stdio::default()),
    };
    let mut errors = 0;
    let mut on_error = |text: &str| {
        errors += 1;
        print(&clean(text));
    };
    serve(transport.as_mut(), &rules, &mut on_error)?;
    Ok(match errors {
        0 => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    })
}

/// Prints a line on stderr, because standard output belongs to the protocol.
fn print(text: &str) {
    // If stderr is closed, nobody can read the text.
    let _ = writeln!(io::stderr().lock(), "dapper-attach: {text}");
}

fn resolve(address: &str) -> Result<SocketAddr, Failure> {
    let found = address
        .to_socket_addrs()
        .ok()
        .and_then(|mut all| all.next());
    found.ok_or_else(|| {
        Failure::new(
            "address",
            format!("{address} is not an address to listen on"),
            Some("give a host and a port, such as 127.0.0.1:5678".into()),
        )
    })
}

fn cannot_listen(address: &dyn std::fmt::Display, error: &io::Error) -> Failure {
    let hint = match error.kind() {
        ErrorKind::AddrInUse => "name another address, or end the program that uses this one",
        ErrorKind::PermissionDenied => "name an address that you are allowed to use",
        _ => "name another address",
    };
    Failure::new(
        "listen",
        format!("cannot listen on {address}: {error}"),
        Some(hint.into()),
    )
}

/// The token from the environment. Without one there, makes a random token and
/// prints it.
fn token() -> Result<String, Failure> {
    if let Some(token) = std::env::var(TOKEN_VARIABLE)
        .ok()
        .filter(|token| !token.is_empty())
    {
        return Ok(token);
    }
    let mut bytes = [0; TOKEN_BYTES];
    File::open("/dev/urandom")
        .and_then(|mut random| random.read_exact(&mut bytes))
        .map_err(|error| {
            Failure::new(
                "token",
                format!("no random token can be made: {error}"),
                Some(format!("set one in the environment, as {TOKEN_VARIABLE}")),
            )
        })?;
    let token: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    print(&format!(
        "clients must send \"token\": \"{token}\" when they attach"
    ));
    Ok(token)
}

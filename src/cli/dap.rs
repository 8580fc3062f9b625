//! `dapper-attach dap`

use std::fs::File;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, ToSocketAddrs};
use std::process::ExitCode;

use super::args::DapArguments;
use super::failure::Failure;
use crate::dap::server::serve;
use crate::dap::session::options::Rules;
use crate::dap::transport::{Stdio, Tcp, Transport, Unix};
use crate::plain_text::clean;

/// Where the token of a server that listens to other machines may be given.
const TOKEN_VARIABLE: &str = "DAPPER_ATTACH_TOKEN";
/// Bytes of a token that is made up.
const TOKEN_BYTES: usize = 16;

pub fn run(arguments: &DapArguments) -> Result<ExitCode, Failure> {
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
                        format!("{address} is open to other machines"),
                        Some("listen on 127.0.0.1, or say --allow-remote".into()),
                    ));
                }
                rules.token = Some(token()?);
            }
            let tcp = Tcp::listen(address).map_err(|error| cannot_listen(&address, &error))?;
            let bound = tcp.address().unwrap_or(address);
            say(&format!("listening on {bound}"));
            Box::new(tcp)
        }
        (None, Some(path)) => {
            let shown = path.display();
            let unix = Unix::listen(path).map_err(|error| cannot_listen(&shown, &error))?;
            say(&format!("listening on {shown}"));
            Box::new(unix)
        }
        (None, None) => Box::new(Stdio::default()),
    };
    let mut problems = 0;
    let mut problem = |text: &str| {
        problems += 1;
        say(&clean(text));
    };
    serve(transport.as_mut(), &rules, &mut problem)?;
    Ok(match problems {
        0 => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    })
}

/// On stderr: standard output belongs to the protocol.
fn say(text: &str) {
    // Nobody is left to tell when this fails.
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
            format!("{address} is no address to listen on"),
            Some("give a host and a port, as in 127.0.0.1:5678".into()),
        )
    })
}

fn cannot_listen(place: &dyn std::fmt::Display, error: &io::Error) -> Failure {
    Failure::new("listen", format!("cannot listen on {place}: {error}"), None)
}

/// The token from the environment, or a new one, which is printed.
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
            Failure::new("token", format!("no token can be made up: {error}"), None)
        })?;
    let token: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    say(&format!(
        "clients must say \"token\": \"{token}\" when they attach"
    ));
    Ok(token)
}

//! Requests that cannot be served: one sentence each, and a stable number.

use serde_json::{Value, json};

use crate::process::Error;

/// Where the README says how to get permission.
const PERMISSIONS_URL: &str = concat!(env!("CARGO_PKG_REPOSITORY"), "#permission");

/// Why a request failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// A stable number for scripts and bug reports.
    pub id: u32,
    /// The whole sentence, without placeholders.
    pub text: String,
    /// Whether the client should show it to its user.
    pub show_user: bool,
    pub url: Option<&'static str>,
}

impl Failure {
    fn new(id: u32, text: impl Into<String>, show_user: bool) -> Self {
        let text = text.into();
        Self {
            id,
            text: match show_user {
                // Clients replace text in braces.
                true => text.replace('{', "(").replace('}', ")"),
                false => text,
            },
            show_user,
            url: None,
        }
    }

    /// A message that breaks the protocol.
    pub fn malformed(text: impl Into<String>) -> Self {
        Self::new(1000, text, false)
    }

    /// A request that this adapter does not know.
    pub fn unknown_command(command: &str) -> Self {
        let shown: String = command.chars().take(60).collect();
        Self::new(
            1001,
            format!("dapper-attach has no request {shown:?}"),
            false,
        )
    }

    /// A request that comes before what it needs, or after the end.
    pub fn too_early(text: impl Into<String>) -> Self {
        Self::new(1002, text, false)
    }

    /// A request that was cancelled by the client.
    pub fn cancelled() -> Self {
        Self::new(1003, "cancelled", false)
    }

    /// A request that needs control of the process.
    pub fn read_only(what: &str) -> Self {
        let text = format!(
            "{what} not possible: dapper-attach only looks, it runs no code in the process and changes nothing there"
        );
        Self::new(1004, text, true)
    }

    /// A thread, frame or variable of an earlier stop.
    pub fn stale(what: &str) -> Self {
        let text = format!("that {what} is of an earlier look at the process: select it anew");
        Self::new(1005, text, false)
    }

    /// An expression that has no value here.
    pub fn evaluation(text: impl Into<String>) -> Self {
        Self::new(1006, text, false)
    }

    /// Options that make no sense.
    pub fn options(text: impl Into<String>) -> Self {
        Self::new(1007, text, true)
    }

    /// A request that needs a snapshot while the process runs.
    pub fn running() -> Self {
        Self::new(
            1008,
            "the process is running: pause it to look at it",
            false,
        )
    }

    /// The text of a source that cannot be read.
    pub fn no_source(text: impl Into<String>) -> Self {
        Self::new(1009, text, false)
    }

    /// A value that cannot be shown.
    pub fn lost(text: impl Into<String>) -> Self {
        Self::new(1010, text, false)
    }

    /// A panic of the adapter.
    pub fn internal() -> Self {
        Self::new(
            1012,
            "dapper-attach made a mistake here; the process is not affected",
            true,
        )
    }

    /// A client that did not send the token of the server.
    pub fn token() -> Self {
        Self::new(
            1013,
            "this server asks for its token: add it as `token` to the attach configuration",
            true,
        )
    }

    /// The whole `body` of the error response.
    pub fn body(&self) -> Value {
        let mut error = json!({
            "id": self.id,
            "format": self.text,
            "showUser": self.show_user,
        });
        if let Some(url) = self.url {
            error["url"] = url.into();
            error["urlLabel"] = "Permissions".into();
        }
        json!({ "error": error })
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let id = match error {
            Error::NoSuchProcess { .. } => 2000,
            Error::Zombie { .. } => 2001,
            Error::KernelThread { .. } => 2002,
            Error::Permission { .. } => 2003,
            Error::NotPython { .. } => 2004,
            Error::UnsupportedVersion { .. } => 2005,
            Error::Starting { .. } => 2006,
            Error::Finalizing { .. } => 2007,
            Error::Gone { .. } => 2008,
            Error::Stop { .. } | Error::SlowToStop { .. } => 2009,
            Error::Unreadable { .. } => 2010,
        };
        let text = match error.hint() {
            Some(hint) => format!("{error}; {hint}"),
            None => error.to_string(),
        };
        Self {
            url: matches!(error, Error::Permission { .. }).then_some(PERMISSIONS_URL),
            ..Self::new(id, text, true)
        }
    }
}

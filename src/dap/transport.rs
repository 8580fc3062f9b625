//! Where clients connect: standard input and output, TCP, a Unix socket.

use std::fs::Permissions;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpListener};
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};

use nix::sys::stat::{Mode, umask};

/// One client.
pub struct Connection {
    pub input: Box<dyn Read + Send>,
    pub output: Box<dyn Write + Send>,
    /// Closes the connection, so that the thread that reads from it wakes up.
    pub close: Box<dyn FnOnce() + Send>,
}

impl Connection {
    fn of_socket<S: Read + Write + Send + 'static>(
        input: S,
        output: S,
        close: impl FnOnce() -> io::Result<()> + Send + 'static,
    ) -> Self {
        Self {
            input: Box::new(input),
            output: Box::new(output),
            close: Box::new(move || {
                // The client may have closed it already.
                let _ = close();
            }),
        }
    }
}

/// A source of clients.
pub trait Transport {
    /// The next client; `None` when there will be no more.
    ///
    /// # Errors
    /// When no more clients can connect.
    fn accept(&mut self) -> io::Result<Option<Connection>>;
}

/// The client that started the adapter.
#[derive(Debug, Default)]
pub struct Stdio {
    served: bool,
}

impl Transport for Stdio {
    fn accept(&mut self) -> io::Result<Option<Connection>> {
        if std::mem::replace(&mut self.served, true) {
            return Ok(None);
        }
        Ok(Some(Connection {
            input: Box::new(io::stdin()),
            output: Box::new(io::stdout()),
            // It ends with this process.
            close: Box::new(|| ()),
        }))
    }
}

/// Clients on a TCP port, one after the other.
#[derive(Debug)]
pub struct Tcp {
    listener: TcpListener,
}

impl Tcp {
    /// Listens on `address`.
    ///
    /// # Errors
    /// When the address cannot be listened on.
    pub fn listen(address: std::net::SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind(address)?;
        Ok(Self { listener })
    }

    /// The address that it listens on, with the port that the kernel chose for
    /// port 0.
    ///
    /// # Errors
    /// When the kernel does not say.
    pub fn address(&self) -> io::Result<std::net::SocketAddr> {
        self.listener.local_addr()
    }
}

impl Transport for Tcp {
    fn accept(&mut self) -> io::Result<Option<Connection>> {
        let (stream, _) = self.listener.accept()?;
        // Clients wait for answers, which are small.
        stream.set_nodelay(true)?;
        let (output, end) = (stream.try_clone()?, stream.try_clone()?);
        let close = move || end.shutdown(Shutdown::Both);
        Ok(Some(Connection::of_socket(stream, output, close)))
    }
}

/// Clients on a Unix socket that only its owner may use.
#[derive(Debug)]
pub struct Unix {
    listener: UnixListener,
    path: PathBuf,
}

impl Unix {
    /// Makes the socket. It is removed when this value is dropped.
    ///
    /// # Errors
    /// When another file is at `path`, or the socket cannot be made.
    pub fn listen(path: &Path) -> io::Result<Self> {
        // Until the permissions are set, the mask keeps other users out.
        let mask = umask(Mode::from_bits_truncate(0o177));
        let mut bound = UnixListener::bind(path);
        if bound
            .as_ref()
            .is_err_and(|error| error.kind() == ErrorKind::AddrInUse)
            && is_left_over(path)
        {
            bound = std::fs::remove_file(path).and_then(|()| UnixListener::bind(path));
        }
        umask(mask);
        let listener = bound?;
        std::fs::set_permissions(path, Permissions::from_mode(0o600))?;
        Ok(Self {
            listener,
            path: path.to_owned(),
        })
    }
}

/// Whether there is a socket that nobody listens on.
fn is_left_over(path: &Path) -> bool {
    let is_socket = std::fs::symlink_metadata(path).is_ok_and(|it| it.file_type().is_socket());
    let refused = UnixStream::connect(path).err().map(|error| error.kind());
    is_socket && refused == Some(ErrorKind::ConnectionRefused)
}

impl Drop for Unix {
    fn drop(&mut self) {
        // It may have been removed already.
        let _ = std::fs::remove_file(&self.path);
    }
}

impl Transport for Unix {
    fn accept(&mut self) -> io::Result<Option<Connection>> {
        let (stream, _) = self.listener.accept()?;
        let (output, end) = (stream.try_clone()?, stream.try_clone()?);
        let close = move || end.shutdown(Shutdown::Both);
        Ok(Some(Connection::of_socket(stream, output, close)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_socket_is_for_its_owner_and_replaces_one_that_nobody_listens_on() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("dap.sock");
        drop(UnixListener::bind(&path).unwrap());
        let socket = Unix::listen(&path).unwrap();
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let second = Unix::listen(&path).unwrap_err();
        assert_eq!(second.kind(), ErrorKind::AddrInUse);
        drop(socket);
        assert!(!path.exists());
        std::fs::write(&path, "a file of somebody's").unwrap();
        assert!(Unix::listen(&path).is_err());
        assert!(path.exists());
    }
}

//! A proxy for tests: whatever host a CONNECT names, it leads to one server. It remembers what it was asked.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

pub struct Proxy {
    pub address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    /// Lets in who sends these credentials, or everybody.
    pub fn to(server: SocketAddr, credentials: Option<&'static str>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let asked = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&asked);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let log = Arc::clone(&log);
                std::thread::spawn(move || drop(lead(stream, server, credentials, &log)));
            }
        });
        Self { address, asked }
    }

    /// The hosts that connections were asked for.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().expect("a log").clone()
    }
}

fn lead(
    mut client: TcpStream,
    server: SocketAddr,
    credentials: Option<&str>,
    log: &Mutex<Vec<String>>,
) -> std::io::Result<()> {
    let mut lines = BufReader::new(client.try_clone()?).lines().map_while(Result::ok);
    let head: Vec<String> = lines.by_ref().take_while(|line| !line.is_empty()).collect();
    let host = head.first().and_then(|line| line.strip_prefix("CONNECT ")?.strip_suffix(" HTTP/1.1"));
    let Some(host) = host else { return client.write_all(b"HTTP/1.1 405 Only CONNECT\r\ncontent-length: 0\r\n\r\n") };
    log.lock().expect("a log").push(host.to_owned());
    let sent = head.iter().find_map(|line| line.strip_prefix("Proxy-Authorization: Basic "));
    if credentials.is_some() && sent != credentials {
        return client.write_all(b"HTTP/1.1 407 Who are you\r\ncontent-length: 0\r\n\r\n");
    }
    client.write_all(b"HTTP/1.1 200 Connected\r\n\r\n")?;
    // Nothing came after the head: the client waited for our answer.
    let upstream = TcpStream::connect(server)?;
    let (back_from, back_to) = (upstream.try_clone()?, client.try_clone()?);
    std::thread::spawn(move || pour(back_from, back_to));
    pour(client, upstream);
    Ok(())
}

fn pour(mut from: impl Read, mut to: TcpStream) {
    let _ = std::io::copy(&mut from, &mut to);
    let _ = to.shutdown(Shutdown::Write);
}

//! A server for tests: answers each request by a rule of the test's own, and remembers what it was asked. HTTP/1.1 on
//! a port of its own, plain or over TLS, one thread per connection.

use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

#[derive(Debug, Clone)]
pub struct Asked {
    pub method: String,
    pub path: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// What was sent, as it came; as JSON where it is some.
    pub raw: Vec<u8>,
    pub body: Value,
    pub at: Instant,
}

impl Asked {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// What the server does with a request.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: String,
    pub delay: Duration,
    /// Closes the connection in the middle of the body.
    pub drop: bool,
}

impl Answer {
    pub fn json(body: &Value) -> Self {
        Self { status: 200, headers: Vec::new(), body: body.to_string(), delay: Duration::ZERO, drop: false }
    }

    pub fn error(status: u16, said: &str) -> Self {
        let body = serde_json::json!({"error": {"message": said, "type": "error"}});
        Self { status, ..Self::json(&body) }
    }

    pub fn with(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    pub fn after(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }
}

type Rule = dyn Fn(&Asked, usize) -> Answer + Send + Sync;

pub struct Server {
    pub url: String,
    pub address: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Server {
    /// The rule is given each request and how many came before it.
    pub fn new(rule: impl Fn(&Asked, usize) -> Answer + Send + Sync + 'static) -> Self {
        Self::over("http", Ok, rule)
    }

    /// Speaks TLS, with this certificate and key.
    pub fn secure(tls: ServerConfig, rule: impl Fn(&Asked, usize) -> Answer + Send + Sync + 'static) -> Self {
        let tls = Arc::new(tls);
        let wrap = move |stream| Ok(StreamOwned::new(ServerConnection::new(Arc::clone(&tls)).map_err(drop)?, stream));
        Self::over("https", wrap, rule)
    }

    fn over<S: Read + Write>(
        scheme: &str,
        wrap: impl Fn(TcpStream) -> Result<S, ()> + Send + Sync + 'static,
        rule: impl Fn(&Asked, usize) -> Answer + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (log, rule, count) = (Arc::clone(&asked), Arc::new(rule) as Arc<Rule>, Arc::new(AtomicUsize::new(0)));
        let wrap = Arc::new(wrap);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (log, rule, count) = (Arc::clone(&log), Arc::clone(&rule), Arc::clone(&count));
                let wrap = Arc::clone(&wrap);
                std::thread::spawn(move || {
                    stream.set_nodelay(true).expect("a socket");
                    let _ = wrap(stream).map(|stream| serve(stream, &log, &*rule, &count));
                });
            }
        });
        Self { url: format!("{scheme}://{address}"), address, asked }
    }

    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().expect("a log").clone()
    }
}

fn serve(stream: impl Read + Write, log: &Mutex<Vec<Asked>>, rule: &Rule, count: &AtomicUsize) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(());
        }
        let word = |nth| line.split(' ').nth(nth).unwrap_or_default().to_owned();
        let (method, path) = (word(0), word(1));
        let mut headers = Vec::new();
        loop {
            let mut line = String::new();
            reader.read_line(&mut line)?;
            let Some((name, value)) = line.trim_end().split_once(':') else { break };
            headers.push((name.to_lowercase(), value.trim().to_owned()));
        }
        let length = headers.iter().find(|(name, _)| name == "content-length");
        let mut raw = vec![0; length.and_then(|(_, value)| value.parse().ok()).unwrap_or(0)];
        reader.read_exact(&mut raw)?;
        let body = serde_json::from_slice(&raw).unwrap_or(Value::Null);
        let asked = Asked { method, path, headers, raw, body, at: Instant::now() };
        log.lock().expect("a log").push(asked.clone());
        let answer = rule(&asked, count.fetch_add(1, Ordering::SeqCst));
        std::thread::sleep(answer.delay);
        let more: String = answer.headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let head = format!("HTTP/1.1 {} X\r\ncontent-length: {}\r\n{more}\r\n", answer.status, answer.body.len());
        let writer = reader.get_mut();
        writer.write_all(head.as_bytes())?;
        if answer.drop {
            writer.write_all(&answer.body.as_bytes()[..answer.body.len() / 2])?;
            return writer.flush();
        }
        writer.write_all(answer.body.as_bytes())?;
        writer.flush()?;
    }
}

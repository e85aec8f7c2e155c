//! The way to a server: through proxies, and over TLS with an authority of one's own.

use super::model::{good, reply};
use super::proxy::Proxy;
use super::*;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

const HOST: &str = "llm.corp.example";
const ENGINE: &str = "name = \"openai\"\ntimeout = \"10s\"\nmax-parallel = 1";

/// An authority's certificate as a file would hold it, and a server that it vouches for under these names.
fn vouched(names: &[&str], change: impl Fn(&mut CertificateParams)) -> (String, Server) {
    let (key, own) = (KeyPair::generate().expect("a key"), KeyPair::generate().expect("a key"));
    let mut params = CertificateParams::new(Vec::new()).expect("no names");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let pem = params.self_signed(&key).expect("a certificate").pem();
    let issuer = Issuer::new(params, key);
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let mut params = CertificateParams::new(names).expect("names");
    change(&mut params);
    let certificate = params.signed_by(&own, &issuer).expect("a certificate").der().clone();
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(own.serialize_der()));
    let tls = ServerConfig::builder_with_provider(rustls::crypto::ring::default_provider().into())
        .with_protocol_versions(&[&rustls::version::TLS13])
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(vec![certificate], key));
    (pem, Server::secure(tls.expect("a certificate with its key"), |asked, _| reply(asked, &good(asked))))
}

fn honest() -> Server {
    Server::new(|asked, _| reply(asked, &good(asked)))
}

/// A memory with one session, whose owner trusts this address.
fn at(url: &str) -> World {
    let world = World::with_memory();
    settings_at(&world, url, ENGINE);
    world.git(["config", "dream.base-url", url]);
    sessions(&world, &FACTS[..1]);
    world
}

fn night(world: &World, variables: &[(&str, &str)]) -> Ran {
    let key = [("OPENAI_API_KEY", KEY)];
    world.dream_with("memory", ["run", "--json"], &[&key, variables].concat(), "")
}

fn dreams(ran: Ran) {
    assert_eq!(texts(&ran.json()), [FACTS[0]]);
}

#[test]
fn an_authority_of_ones_own_is_named_by_settings_or_by_the_environment() {
    let (pem, server) = vouched(&["localhost"], |_| {});
    let url = format!("https://localhost:{}", server.address.port());
    let world = at(&url);
    let file = world.write("ca.pem", &pem).to_string_lossy().into_owned();
    dreams(night(&world, &[("SSL_CERT_FILE", &file)]));
    let world = at(&url);
    world.write("memory/ca.pem", &pem);
    world.git(["config", "dream.ca-file", "ca.pem"]);
    dreams(night(&world, &[]));
}

#[test]
fn a_certificate_that_nobody_vouches_for_is_refused_at_once() {
    let (_, server) = vouched(&["localhost"], |_| {});
    let (other, _) = vouched(&["localhost"], |_| {});
    let world = at(&format!("https://localhost:{}", server.address.port()));
    let refused = night(&world, &[]);
    let shown = refused.to_string().replace(&server.address.port().to_string(), "PORT");
    insta::assert_snapshot!(shown, @r"
    ! error: could not dream with this engine
    !   caused by: ask test-1: the certificate of https://localhost:PORT was not accepted: nobody who is trusted here has signed it
    ! hint: ca-file in [engine], or SSL_CERT_FILE, names a PEM file with the authority that signed it
    [exit 1]
    ");
    let file = world.write("other.pem", &other).to_string_lossy().into_owned();
    assert!(night(&world, &[("SSL_CERT_FILE", &file)]).stderr.contains("was not accepted: "));
    let file = world.write("no.pem", "none").to_string_lossy().into_owned();
    insta::assert_snapshot!(night(&world, &[("SSL_CERT_FILE", &file)]), @r"
    ! error: could not read the certificates in ~/no.pem: it holds no certificate
    ! hint: ca-file in [engine], or SSL_CERT_FILE, names a PEM file
    [exit 1]
    ");
    assert_eq!(server.asked().len(), 0);
}

#[test]
fn a_certificate_for_another_name_time_or_use_is_refused() {
    let elsewhere = vouched(&["elsewhere.example"], |_| {});
    let signer = vouched(&["localhost"], |params| params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained));
    let expired = vouched(&["localhost"], |params| params.not_after = rcgen::date_time_ymd(2020, 1, 1));
    for ((pem, server), told) in
        [(elsewhere, "not valid for name"), (expired, "expired"), (signer, "it is an authority's own")]
    {
        let world = at(&format!("https://localhost:{}", server.address.port()));
        let file = world.write("ca.pem", &pem).to_string_lossy().into_owned();
        let ran = night(&world, &[("SSL_CERT_FILE", &file)]);
        assert!(ran.code == 1 && ran.stderr.contains(told) && ran.stderr.contains("hint: "), "{ran}");
        assert_eq!(ran.stderr.matches("times in a row").count(), 0, "{ran}");
    }
}

#[test]
fn proxies_are_used_as_the_variables_say() {
    let (pem, secure) = vouched(&[HOST], |_| {});
    let plain = honest();
    let cases = [
        (format!("https://{HOST}/v1"), &secure, "HTTPS_PROXY", format!("{HOST}:443")),
        (format!("https://{HOST}:8443/v1"), &secure, "all_proxy", format!("{HOST}:8443")),
        (format!("http://{HOST}/v1"), &plain, "http_proxy", format!("{HOST}:80")),
    ];
    for (url, server, variable, host) in cases {
        let proxy = Proxy::to(server.address, None);
        let world = at(&url);
        let file = world.write("ca.pem", &pem).to_string_lossy().into_owned();
        let through = format!("http://{}", proxy.address);
        dreams(night(&world, &[(variable, &through), ("SSL_CERT_FILE", &file)]));
        let asked = proxy.asked();
        assert!(!asked.is_empty() && asked.iter().all(|asked| *asked == host), "{asked:?}");
        // Nobody knows that host but the proxy.
        let world = at(&url);
        let direct = night(&world, &[(variable, &through), ("NO_PROXY", "other.example,.corp.example")]);
        assert!(direct.code == 1 && direct.stderr.contains("the connection failed"), "{direct}");
        assert_eq!(proxy.asked().len(), asked.len());
    }
}

#[test]
fn this_machine_is_reached_without_a_proxy() {
    let server = honest();
    let proxy = Proxy::to(server.address, None);
    let world = at(&server.url);
    dreams(night(&world, &[("HTTP_PROXY", &format!("http://{}", proxy.address))]));
    assert_eq!(proxy.asked().len(), 0);
}

#[test]
fn a_proxy_that_wants_a_password_gets_it_and_nobody_else_sees_it() {
    let server = honest();
    // ada:open%20sesame
    let proxy = Proxy::to(server.address, Some("YWRhOm9wZW4gc2VzYW1l"));
    let world = at(&format!("http://{HOST}/v1"));
    let through = |who: &str| format!("http://{who}{}", proxy.address);
    let refused = night(&world, &[("http_proxy", &through("ada:close%20sesame@"))]);
    insta::assert_snapshot!(refused, @r"
    ! error: could not dream with this engine
    !   caused by: go through the proxy that the variable http_proxy names: it answered 407
    ! hint: see address, name and password in http_proxy; NO_PROXY lists hosts that are reached without it
    [exit 1]
    ");
    assert_eq!(proxy.asked().len(), 1, "the same again would be refused again");
    dreams(night(&world, &[("http_proxy", &through("ada:open%20sesame@"))]));
    assert!(server.asked().iter().all(|asked| asked.header("proxy-authorization").is_none()));
}

#[test]
fn a_proxy_that_is_not_there_is_named() {
    let world = at(&format!("https://{HOST}/v1"));
    // A port that was free a moment ago.
    let port = std::net::TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a port").port();
    let ran = night(&world, &[("https_proxy", &format!("http://127.0.0.1:{port}"))]);
    insta::assert_snapshot!(ran, @r"
    ! error: could not dream with this engine
    !   caused by: ask test-1: the connection through the proxy that https_proxy names failed: io: Connection refused (os error 111), 5 times in a row
    ! hint: see base-url in [engine]; when it answers: git dream run --resume
    [exit 1]
    ");
}

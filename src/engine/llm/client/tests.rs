//! What is tried again, and for how long.

use super::*;

fn chosen(url: &str, variables: &[(&str, &str)]) -> Option<String> {
    let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    proxy(url, &variables).expect("a proxy").map(|(_, proxy)| format!("{}:{}", proxy.host(), proxy.port()))
}

#[test]
fn proxies_follow_the_variables_that_all_tools_read() {
    let both = [("https_proxy", "http://secure:3128"), ("HTTP_PROXY", "plain:8080")];
    assert_eq!(chosen("https://api.example/v1", &both).as_deref(), Some("secure:3128"));
    assert_eq!(chosen("http://api.example/v1", &both).as_deref(), Some("plain:8080"));
    assert_eq!(chosen("http://127.0.0.1:11434", &both), None);
    let not = [("ALL_PROXY", "socks5://s:1080"), ("NO_PROXY", "internal, .corp.example")];
    assert_eq!(chosen("https://api.example", &not).as_deref(), Some("s:1080"));
    assert_eq!(chosen("https://llm.corp.example:8443/v1", &not), None);
    assert_eq!(chosen("https://internal/v1", &not), None);
}

#[test]
fn errors_are_told_in_the_servers_words() {
    let value = serde_json::json!({"error": {"message": "no such model", "type": "not_found_error"}});
    assert_eq!(said(Some(&value), b""), "no such model (not_found_error)");
    assert_eq!(said(None, b"<html>\x1b[2Jbad gateway"), "<html>bad gateway");
    assert_eq!(said(None, b""), "no reason given");
}

#[test]
fn a_key_is_never_printed() {
    assert!(!format!("{:?}", Secret::new("sk-1234567890")).contains("1234"));
}

use std::{fmt, hint::black_box, sync::Arc};

use axum::http::{HeaderMap, header::AUTHORIZATION};

/// The secret that scrapers show.
#[derive(Clone)]
pub(super) struct Token(Arc<str>);

impl Token {
    pub(super) fn new(token: String) -> Option<Self> {
        (!token.is_empty()).then(|| Self(token.into()))
    }

    /// Whether a request shows it.
    pub(super) fn is_in(&self, headers: &HeaderMap) -> bool {
        let shown = headers.get(AUTHORIZATION).and_then(|value| {
            let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
            scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
        });
        shown.is_some_and(|shown| equal(shown.as_bytes(), self.0.as_bytes()))
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// Takes as long for a wrong first byte as for a wrong last one.
fn equal(shown: &[u8], secret: &[u8]) -> bool {
    let differs = shown.iter().zip(secret.iter().cycle()).fold(0, |differs, (a, b)| black_box(differs | (a ^ b)));
    differs == 0 && shown.len() == secret.len()
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderValue, header::AUTHORIZATION};

    use super::Token;

    #[test]
    fn only_the_token_opens() {
        let token = Token::new("secret".to_owned()).unwrap();
        for (shown, opens) in [
            ("Bearer secret", true),
            ("bearer secret", true),
            ("Bearer secre", false),
            ("Bearer secrets", false),
            ("Bearer secretsecret", false),
            ("Bearer ", false),
            ("Basic secret", false),
            ("secret", false),
        ] {
            let headers = HeaderMap::from_iter([(AUTHORIZATION, HeaderValue::from_static(shown))]);
            assert_eq!(token.is_in(&headers), opens, "{shown}");
        }
        assert!(!token.is_in(&HeaderMap::new()));
        assert!(Token::new(String::new()).is_none());
        assert_eq!(format!("{token:?}"), "[redacted]");
    }
}

//! Takes JSON apart that was checked before: a value inside a value that serde has read. Its strings are stepped over
//! without a look at what is in them, which is most of what a transcript is. Of what is no JSON it gives nothing, or
//! something of no meaning; it never panics.

use super::string_end::string_end;

/// The fields of an object: each key as it is spelled between its quotes, and its raw value.
pub(super) fn fields(raw: &str) -> Option<Vec<(&str, &str)>> {
    let mut fields = Vec::with_capacity(8);
    let mut walk = Walk { raw, at: 0 };
    walk.take(b'{')?;
    if walk.take(b'}').is_some() {
        return Some(fields);
    }
    loop {
        let key = walk.string()?;
        walk.take(b':')?;
        fields.push((key, walk.value()?));
        match walk.take(b',') {
            Some(()) => {}
            None => return walk.take(b'}').map(|()| fields),
        }
    }
}

/// The raw elements of an array.
pub(super) fn elements(raw: &str) -> Option<Vec<&str>> {
    let mut elements = Vec::with_capacity(4);
    let mut walk = Walk { raw, at: 0 };
    walk.take(b'[')?;
    if walk.take(b']').is_some() {
        return Some(elements);
    }
    loop {
        elements.push(walk.value()?);
        match walk.take(b',') {
            Some(()) => {}
            None => return walk.take(b']').map(|()| elements),
        }
    }
}

struct Walk<'a> {
    raw: &'a str,
    at: usize,
}

impl<'a> Walk<'a> {
    fn peek(&self) -> Option<u8> {
        self.raw.as_bytes().get(self.at).copied()
    }

    fn skip_blank(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn take(&mut self, byte: u8) -> Option<()> {
        self.skip_blank();
        (self.peek()? == byte).then(|| self.at += 1)
    }

    /// What stands between the quotes of a string.
    fn string(&mut self) -> Option<&'a str> {
        self.take(b'"')?;
        let start = self.at;
        self.close()?;
        self.raw.get(start..self.at - 1)
    }

    /// From inside a string to behind its closing quote.
    fn close(&mut self) -> Option<()> {
        self.at = string_end(self.raw.as_bytes(), self.at)? + 1;
        Some(())
    }

    fn value(&mut self) -> Option<&'a str> {
        self.skip_blank();
        let start = self.at;
        match self.peek()? {
            b'"' => {
                self.at += 1;
                self.close()?;
            }
            b'{' | b'[' => self.nested()?,
            _ => {
                while !matches!(self.peek()?, b',' | b'}' | b']' | b' ' | b'\t' | b'\n' | b'\r') {
                    self.at += 1;
                }
            }
        }
        self.raw.get(start..self.at)
    }

    /// Over an object or an array, however deep.
    fn nested(&mut self) -> Option<()> {
        let mut depth = 0;
        loop {
            let byte = self.peek()?;
            self.at += 1;
            match byte {
                b'"' => self.close()?,
                b'{' | b'[' => depth += 1,
                b'}' | b']' => {
                    depth -= 1;
                    if depth == 0 {
                        return Some(());
                    }
                }
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::value::RawValue;
    use std::collections::BTreeMap;

    fn json() -> impl Strategy<Value = serde_json::Value> {
        let leaf = prop_oneof![
            Just(serde_json::Value::Null),
            any::<bool>().prop_map(Into::into),
            any::<i64>().prop_map(Into::into),
            any::<f64>().prop_map(Into::into),
            ".{0,12}".prop_map(Into::into),
            "[\"\\\\{}\\[\\]:, \n]{0,12}".prop_map(Into::into),
        ];
        leaf.prop_recursive(4, 32, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Into::into),
                prop::collection::btree_map("[a-z\"\\\\é]{0,4}", inner, 0..5)
                    .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_taken_apart_is_what_serde_reads(value in json(), pretty in any::<bool>()) {
            let text = if pretty { serde_json::to_string_pretty(&value) } else { serde_json::to_string(&value) };
            let text = text.expect("JSON");
            let list: Option<Vec<&RawValue>> = serde_json::from_str(&text).ok().filter(|_| value.is_array());
            let list = list.map(|list| list.into_iter().map(RawValue::get).collect::<Vec<_>>());
            prop_assert_eq!(elements(&text), list);
            let map: Option<BTreeMap<String, &RawValue>> = serde_json::from_str(&text).ok().filter(|_| value.is_object());
            let own = fields(&text).map(|fields| {
                let decode = |key: &str| serde_json::from_str::<String>(&format!("\"{key}\"")).expect("a key");
                fields.into_iter().map(|(key, value)| (decode(key), value)).collect::<BTreeMap<_, _>>()
            });
            prop_assert_eq!(own, map.map(|map| map.into_iter().map(|(key, value)| (key, value.get())).collect()));
        }

        #[test]
        fn nothing_makes_it_panic(text in "[\\[\\]{}\":,\\\\ aé1]{0,24}") {
            let _ = (fields(&text), elements(&text));
        }
    }
}

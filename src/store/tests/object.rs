//! Reading what is damaged.

use super::World;
use crate::model::ObjectId;
use crate::store::ReadError;
use std::fs;

#[test]
fn an_object_that_holds_other_bytes_than_its_id_names_is_refused() {
    let world = World::new();
    let store = world.store();
    let write = |text: &str| {
        let output = store.git().check_with_input(&["hash-object", "-w", "--stdin"], text.as_bytes()).expect("written");
        ObjectId::parse(&output.text()).expect("an id")
    };
    let (one, other) = (write("one\n"), write("two\n"));
    let file = |id: ObjectId| {
        let name = id.to_string();
        world.repository().join(".git/objects").join(&name[..2]).join(&name[2..])
    };
    assert_eq!(store.blob(one).expect("sound"), b"one\n");
    fs::remove_file(file(one)).expect("removed");
    fs::copy(file(other), file(one)).expect("copied");
    let read = world.store().blob(one);
    assert!(matches!(read, Err(ReadError::Kind { found: "damaged object", .. })), "{read:?}");
}

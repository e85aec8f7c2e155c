//! Whose sessions there are: each name once, and by a number wherever it is meant.

use crate::model::AgentName;
use std::collections::HashMap;

#[derive(Default)]
pub(super) struct Agents {
    pub names: Vec<AgentName>,
    /// Filled when a name is looked for.
    numbers: HashMap<AgentName, u32>,
}

impl Agents {
    pub fn new(names: Vec<AgentName>) -> Self {
        Self { names, numbers: HashMap::new() }
    }

    /// The number of a name, which is added where it is new.
    pub fn number(&mut self, name: &AgentName) -> u32 {
        if self.numbers.len() < self.names.len() {
            self.numbers = self.names.iter().cloned().zip(0..).collect();
        }
        if let Some(number) = self.numbers.get(name) {
            return *number;
        }
        let number = u32::try_from(self.names.len()).expect("fewer names than fit into memory");
        self.names.push(name.clone());
        self.numbers.insert(name.clone(), number);
        number
    }
}

//! The keys of `[engine]` and `[reviewer]` beside `name`.

macro_rules! keys {
    ($($variant:ident = $name:literal, $reviewer:literal;)+) => {
        /// One key of `[engine]` or `[reviewer]` beside `name`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum ModelKey {
            $($variant),+
        }

        impl ModelKey {
            pub const ALL: &'static [ModelKey] = &[$(ModelKey::$variant),+];

            pub fn name(self) -> &'static str {
                match self {
                    $(ModelKey::$variant => $name),+
                }
            }

            /// In git config, where there are no sections.
            pub fn reviewer_name(self) -> &'static str {
                match self {
                    $(ModelKey::$variant => $reviewer),+
                }
            }
        }
    };
}

keys! {
    Model = "model", "reviewer-model";
    Api = "api", "reviewer-api";
    Format = "format", "reviewer-format";
    BaseUrl = "base-url", "reviewer-base-url";
    ApiKeyEnv = "api-key-env", "reviewer-api-key-env";
    ApiKeyCommand = "api-key-command", "reviewer-api-key-command";
    ApiKeyHeader = "api-key-header", "reviewer-api-key-header";
    ExtraHeaders = "extra-headers", "reviewer-extra-headers";
    CaFile = "ca-file", "reviewer-ca-file";
    Timeout = "timeout", "reviewer-timeout";
    MaxParallel = "max-parallel", "reviewer-max-parallel";
    Batch = "batch", "reviewer-batch";
    Temperature = "temperature", "reviewer-temperature";
    ContextTokens = "context-tokens", "reviewer-context-tokens";
    AnswerTokens = "answer-tokens", "reviewer-answer-tokens";
    PriceInput = "price-input", "reviewer-price-input";
    PriceCached = "price-cached", "reviewer-price-cached";
    PriceOutput = "price-output", "reviewer-price-output";
    MaxInputTokens = "max-input-tokens", "reviewer-max-input-tokens";
    MaxOutputTokens = "max-output-tokens", "reviewer-max-output-tokens";
    MaxCost = "max-cost", "reviewer-max-cost";
}

impl ModelKey {
    /// Budgets are the dream's, whoever spends them.
    pub fn is_budget(self) -> bool {
        matches!(self, ModelKey::MaxInputTokens | ModelKey::MaxOutputTokens | ModelKey::MaxCost)
    }
}

//! The signals themselves, each a form of words, with a name that a reviewer reads. Forms, not topics: a text about attacks
//! is none.

/// Texts that speak to an agent as if they were its owner: rarely said by people at work, whoever says it.
pub const STRONG: &[(&str, &str)] = &[
    (
        "drops its orders",
        r"(?i)\b(?:ignore|disregard|forget|override|bypass|skip|discard)\b[^.\n]{0,40}\b(?:previous|prior|earlier|above|preceding|former|all|any|your|system|safety|security)\b[^.\n]{0,40}\b(?:instructions?|rules?|prompts?|guidelines|directions|directives|polic(?:y|ies)|safety|guardrails|safeguards|restrictions|checks|commands)\b",
    ),
    (
        "drops its orders",
        r"(?i)\b(?:bypass|override|disable|turn off|without)\b[^.\n]{0,25}\b(?:safety|security|content)\s+(?:checks?|guardrails?|guidelines|filters?|measures|protocols|polic(?:y|ies)|controls?)\b",
    ),
    ("drops its orders", r"(?i)\bbypass (?:all )?(?:security|safety|authentication)\b"),
    (
        "claims a role",
        r"(?i)\byou are (?:now )?(?:an? )?(?:in )?[^.\n]{0,40}\b(?:(?:developer|god|debug|admin|sudo|maintenance) mode|unrestricted|jailbroken|unfiltered|dan\b|freed from|no (?:safety|restrictions|limits|rules))",
    ),
    (
        "claims a role",
        r"(?i)\b(?:developer|god|admin|debug|maintenance|jailbreak|sudo|dan) mode\b[^.\n]{0,30}\b(?:on|enabled|activated?|now)\b",
    ),
    ("claims a role", r"(?i)\bact as (?:an? |the )?(?:admin|administrator|root|superuser|unrestricted|system)\b"),
    (
        "claims a role",
        r"(?i)\byour new (?:role|task|goal|objective|identity|instructions?) (?:is|are)\b|\b(?:super-?admin|admin-root)\b",
    ),
    (
        "claims a role",
        r"(?i)<\|?(?:im_start|im_end|system|endoftext|assistant|eot_id|start_header_id)[^>\n]{0,20}\|?>|\[/?INST\]|<<SYS>>|</?(?:system|assistant|instructions?|system-reminder|function_results?|tool_result)>",
    ),
    (
        "claims a role",
        r"(?im)^\s*[\[(#*]*\s*(?:system|assistant|developer|admin)\s*(?:message|prompt|override|note|notice|directive|instruction|update)?\s*[\])#*]*\s*:",
    ),
    (
        "claims a role",
        r"(?i)\b(?:as|from|by order of) (?:the |your )?(?:system|administrator|developer|anthropic|openai|security team)\b[^.\n]{0,30}\b(?:must|require|instruct|order|command)",
    ),
    (
        "asks for secrets",
        r"(?i)\b(?:reveal|print|show|repeat|output|leak|dump|disclose|send|post|exfiltrate|expose|list)\b[^.\n]{0,40}\b(?:system prompt|hidden prompt|initial instructions|credentials|api[ _-]?keys?|private keys?|passwords|secrets|environment variables|env vars)\b",
    ),
    (
        "hides from people",
        r"(?i)\b(?:do not|don't|never|without)\b[^.\n]{0,30}\b(?:tell|telling|inform|informing|mention|mentioning|reveal|notify|notifying|alert|alerting|ask|asking|warn)\b[^.\n]{0,40}\b(?:the |any )?(?:user|human|operator|owner|reviewer|anyone|developers?|people)\b",
    ),
    (
        "hides from people",
        r"(?i)\bwithout (?:leaving|raising) (?:a |any )?(?:trace|suspicion|alarm|record|log)|\b(?:keep|do) (?:this|it) (?:secret|hidden|confidential) from\b",
    ),
    (
        "sends data away",
        r"(?i)\b(?:exfiltrate|forward|upload|send|post|transmit|route|routing|copy|bcc|cc|leak|beacon)\b[^\n]{0,80}\b(?:to|at|through|via)\b[^\n]{0,50}(?:https?://|[\w.+-]+@[\w-]+\.\w)",
    ),
    (
        "sends data away",
        r"(?i)!\[[^\]]*\]\(https?://[^)\s]+[?&][^)\s]*(?:=\{|=\$|data=|q=|payload=|secret|token|context)",
    ),
    (
        "runs what it fetches",
        r"(?i)\b(?:curl|wget|fetch|nc|Invoke-WebRequest|iwr)\b[^\n]{0,120}\|\s*(?:sudo )?(?:ba|z|da)?sh\b|\b(?:iex|Invoke-Expression)\b",
    ),
    (
        "runs what it fetches",
        r"(?i)\bbase64 (?:-d|--decode)\b[^\n]{0,60}\|\s*(?:ba)?sh\b|\beval\s*\(?\s*(?:\$\()?(?:atob|base64)|\bdecode and (?:execute|run|follow)\b",
    ),
    (
        "gives orders to agents",
        r"(?i)\b(?:new|updated|important|critical|urgent|hidden|secret)\s+(?:system\s+)?(?:instructions?|directives?|orders?)\b[^.\n]{0,20}(?::|for (?:the )?(?:ai|assistant|agent|model|llm))",
    ),
    (
        "gives orders to agents",
        r"(?i)\b(?:ai|llm|language model|assistant|agent|chatbot|copilot)s?\b[^.\n]{0,30}\b(?:reading|processing|parsing|summari[sz]ing|seeing)\b[^.\n]{0,30}\b(?:must|should|shall|please|is to|are to)\b",
    ),
    (
        "gives orders to agents",
        r"(?i)\b(?:the|any|every|all) (?:ai |future )?(?:assistants?|agents?|models?|llms?)\b[^.\n]{0,20}\b(?:must|shall|should|has to|is required to|will)\b[^.\n]{0,60}\b(?:always|prioriti[sz]e|include|recommend|forward|send|approve|comply|obey|route|ignore|execute|transfer)\b",
    ),
    (
        "lasts beyond its session",
        r"(?i)\b(?:for|in|during|across) (?:all|every|any) (?:future|later|subsequent|following|upcoming) (?:sessions?|interactions?|conversations?|responses?|requests?|tasks?|chats?|queries)\b",
    ),
    (
        "lasts beyond its session",
        r"(?i)\b(?:remember|store|save|persist|keep|treat|record|memori[sz]e)\b[^.\n]{0,40}\b(?:as|in(?:to)?)\b[^.\n]{0,25}\b(?:system (?:directive|instruction|prompt|rule)|operating directive|permanent (?:rule|instruction)|core (?:directive|memory|instruction)|your (?:long[- ]term )?memory|trusted (?:fact|instruction))",
    ),
    (
        "lasts beyond its session",
        r"(?i)\[?\bmemory[_ -](?:persist|inject|override|update|write)\b\]?|\bonce stored\b[^.\n]{0,40}\b(?:treat|obey|follow|ignore)|\b(?:treat|obey|follow|ignore)\b[^.\n]{0,60}\bonce stored\b",
    ),
    (
        "lasts beyond its session",
        r"(?i)\b(?:update|overwrite|edit|replace|append to|modify) (?:your|the agent'?s?) (?:memory|instructions|system prompt|rules|configuration)\b",
    ),
    (
        "lasts beyond its session",
        r"(?i)\bfrom now on\b[^.\n]{0,60}\b(?:in every (?:response|reply|answer)|every response|always recommend|respond only|you will|you must|you are)\b",
    ),
    (
        "no questions asked",
        r"(?i)\b(?:approve|execute|run|transfer|pay|grant|delete|install|merge|deploy)\b[^.\n]{0,60}\bwithout (?:asking|confirm\w*|approval|review|verification|checking with|question)",
    ),
    // The same in the languages most met in such texts.
    (
        "drops its orders",
        r"(?i)\b(?:ignora|olvida|descarta)\b[^.\n]{0,40}\b(?:instrucciones|reglas)\b|\b(?:ignorez|oubliez|ignore)\b[^.\n]{0,30}\b(?:instructions|consignes|règles) (?:précédentes|antérieures)|\b(?:ignoriere|vergiss|missachte)\b[^.\n]{0,40}\b(?:anweisungen|regeln|vorgaben)\b|\b(?:ignora|dimentica)\b[^.\n]{0,30}\bistruzioni\b|\bignore\b[^.\n]{0,30}\binstruções\b",
    ),
    (
        "drops its orders",
        r"(?:忽略|无视|忘记|無視)[^。\n]{0,12}(?:指令|指示|规则|提示|命令)|игнориру[йи]\p{L}*[^.\n]{0,30}(?:инструкци|правил|указани)",
    ),
    (
        "lasts beyond its session",
        r"(?i)\ba partir de ahora\b[^.\n]{0,80}\b(?:siempre|debes?|recomienda|usuario)\b|\bà partir de maintenant\b[^.\n]{0,60}\b(?:toujours|devez|dois)\b|\bab (?:jetzt|sofort)\b[^.\n]{0,60}\b(?:musst|immer|antworte)\b",
    ),
    (
        "hides from people",
        r"(?i)\bno (?:menciones|digas|reveles|informes)\b[^.\n]{0,50}\b(?:usuario|nadie|instrucci)|\bne (?:mentionnez|dites|révélez)\b[^.\n]{0,40}\b(?:utilisateur|personne)|\b(?:erwähne|sage|verrate)\b[^.\n]{0,40}\b(?:nutzer|benutzer|niemandem)\b|(?:不要|别)(?:告诉|提及)[^。\n]{0,8}(?:用户|任何人)",
    ),
];

/// Texts that ask somebody to act on records, accounts or systems. People ask their agents for such things all day: it is
/// a signal only where it stands in what an agent fetched or was shown.
pub const REQUESTS: &[(&str, &str)] = &[
    ("asks for an action", r"(?i)\bplease\b[^.\n]{3,160}\b(?:id|no\.?|number|#|model)\s*#?[a-z]{0,3}\d{3,}"),
    (
        "asks for an action",
        r"(?i)^\W*please (?:\w+ly )?(?:access|acquire|address|administer|adjust|alter|assess|audit|capture|change|check|collect|compromise|conduct|copy|delete|deploy|disable|distribute|download|engage|enable|execute|export|extract|facilitate|file|forward|grant|hijack|identify|implant|implement|inject|inspect|install|integrate|introduce|issue|maintain|manage|modify|monitor|obtain|perform|process|protect|provide|publish|record|release|remove|retrieve|scan|secure|seize|share|steal|submit|transfer|update|upload|validate|verify)\b[^.\n]{0,120}\b(?:accounts?|records?|data|databases?|transactions?|finances?|financial|reports?|claims?|cases?|clients?|customers?|patients?|students?|employees?|vehicles?|servers?|networks?|systems?|process(?:es)?|repositor(?:y|ies)|portals?|operations?|evidence|contracts?|credentials|inventory|suppliers?|coupons?|refunds?|pricing|prices|satellites?|telemetry|websites?|content|integrity|information|traffic|activities|medications?|prescriptions?|backups?|exams?|publications?|plagiarism|reviews)\b",
    ),
    (
        "asks for an action",
        r"(?i)^\W*please (?:review|ensure|create|order|prescribe|set up|delay|analy[sz]e) (?:and \w+ )?[^.\n]{0,100}\b(?:accounts?|records|customer|client|patient|student|medical|financial|transactions?|claims?|evidence|contract|operations|refund|pricing|reviews|coupons|control systems?|engine|satellite|publications|repositories|paper)\b",
    ),
    (
        "works in secret",
        r"(?i)\b(?:discreetly|covertly|secretly|stealthily|undetected|without (?:leaving|raising|their knowledge|authori[sz]ation|consent))\b",
    ),
    (
        "works in secret",
        r"(?i)\b(?:backdoors?|malware|ransomware|keylogger|rootkit|phishing (?:operation|attack|e-?mails?)|seize control|hijack(?:ing)?)\b[^.\n]{0,80}\b(?:on|in|into|to|of|for|during|against)\b",
    ),
];

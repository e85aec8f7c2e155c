//! What commands write when they fail, by mistake: each several times, as elsewhere and at other times.

use crate::phase::reflection::FailureClass::{self, Check, Other, Usage};

/// Pairs of a command and its output that are one mistake.
type Same = (FailureClass, &'static [(&'static str, &'static str)]);

pub const SHELL: &[Same] = &[
    (
        Other,
        &[
            (
                "python3 tools/load.py",
                "Traceback (most recent call last):\n  File \"/home/ann/shop/tools/load.py\", line 12, in <module>\n    main()\nsqlalchemy.exc.OperationalError: (psycopg2.OperationalError) connection to server at \"localhost\" (127.0.0.1), port 5432 failed: Connection refused",
            ),
            (
                "python3 load.py --all",
                "Traceback (most recent call last):\n  File \"/srv/x/load.py\", line 88, in run\n    go()\nsqlalchemy.exc.OperationalError: (psycopg2.OperationalError) connection to server at \"db\" (10.0.0.7), port 5433 failed: Connection refused",
            ),
        ],
    ),
    (
        Usage,
        &[
            (
                "python -m pytest -n 4 tests/a.py",
                "ERROR: usage: pytest [options] [file_or_dir] [file_or_dir] [...]\npytest: error: unrecognized arguments: -n\n  inifile: /home/ann/shop/pytest.ini",
            ),
            (
                "python -m pytest -n 8",
                "ERROR: usage: pytest [options] [file_or_dir] [file_or_dir] [...]\npytest: error: unrecognized arguments: -n\n  inifile: /srv/y/pytest.ini",
            ),
        ],
    ),
    (
        Check,
        &[
            (
                "cargo build",
                "   Compiling shop v0.1.0 (/home/ann/shop)\nerror[E0433]: failed to resolve: use of undeclared crate `foo`\n --> src/main.rs:3:5",
            ),
            ("cargo build", "   Compiling shop v0.1.0 (/srv/x)\nerror[E0308]: mismatched types\n --> src/lib.rs:9:5"),
        ],
    ),
    (
        Usage,
        &[
            (
                "cargo nextest run",
                "error: no such command: `nextest`\n\n\tView all installed commands with `cargo --list`",
            ),
            ("cargo nextest run -p x", "error: no such command: `nextest`\n\n\tDid you mean `test`?"),
        ],
    ),
    (
        Usage,
        &[
            ("cargo test --lib --bins -x", "error: unexpected argument '-x' found\n\nUsage: cargo test [OPTIONS]"),
            ("cargo test --fast", "error: unexpected argument '--fast' found\n\nUsage: cargo test [OPTIONS]"),
        ],
    ),
    (
        Other,
        &[
            (
                "go run ./cmd/shop",
                "panic: runtime error: index out of range [5] with length 3\n\ngoroutine 1 [running]:",
            ),
            (
                "go run ./cmd/x -a",
                "panic: runtime error: index out of range [17] with length 9\n\ngoroutine 34 [running]:",
            ),
        ],
    ),
    (
        Other,
        &[
            (
                "go get example.com/x/y",
                "go: module example.com/x/y: Get \"https://proxy.example.com/x/y/@v/list\": dial tcp: lookup proxy.example.com: no such host",
            ),
            (
                "go get example.com/a/b@v1.2",
                "go: module example.com/a/b: Get \"https://proxy.example.com/a/b/@v/list\": dial tcp: lookup proxy.example.com: no such host",
            ),
        ],
    ),
    (
        Usage,
        &[
            (
                "mvn tset",
                "[INFO] Scanning for projects...\n[ERROR] Unknown lifecycle phase \"tset\". You must specify a valid lifecycle phase or a goal",
            ),
            ("mvn -q tset", "[ERROR] Unknown lifecycle phase \"tset\". You must specify a valid lifecycle phase"),
        ],
    ),
    (
        Check,
        &[
            (
                "mvn test",
                "[INFO] Scanning for projects...\n[ERROR] Failed to execute goal org.apache.maven.plugins:maven-surefire-plugin:3.1.2:test",
            ),
            ("mvn test -Dtest=A", "[ERROR] COMPILATION ERROR : \n[ERROR] /x/A.java:[3,8] cannot find symbol"),
        ],
    ),
    (
        Usage,
        &[
            (
                "./gradlew lnt",
                "\nFAILURE: Build failed with an exception.\n\n* What went wrong:\nTask 'lnt' not found in root project 'shop'.\n",
            ),
            (
                "gradle lnt --info",
                "FAILURE: Build failed with an exception.\n\n* What went wrong:\nTask 'lnt' not found in root project 'other'.",
            ),
        ],
    ),
    (
        Other,
        &[
            (
                "docker ps",
                "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?",
            ),
            (
                "docker compose up -d",
                "Cannot connect to the Docker daemon at unix:///run/user/1000/docker.sock. Is the docker daemon running?",
            ),
        ],
    ),
    (
        Other,
        &[
            (
                "docker run --name web img",
                "docker: Error response from daemon: Conflict. The container name \"/web\" is already in use by container \"3f2a91bc77de\".",
            ),
            (
                "docker run --name db img",
                "docker: Error response from daemon: Conflict. The container name \"/db\" is already in use by container \"91aa00c1d2e3\".",
            ),
        ],
    ),
    (
        Other,
        &[
            ("kubectl get pod web-1", "Error from server (NotFound): pods \"web-1\" not found"),
            ("kubectl describe pod api-77", "Error from server (NotFound): pods \"api-77\" not found"),
        ],
    ),
    (
        Usage,
        &[
            ("kubectl lgos web", "error: unknown command \"lgos\" for \"kubectl\"\n\nDid you mean this?\n\tlogs"),
            ("kubectl strat web", "error: unknown command \"strat\" for \"kubectl\""),
        ],
    ),
    (
        Usage,
        &[
            (
                "psql shop -c 'select author_id from posts'",
                "ERROR:  column \"author_id\" does not exist\nLINE 1: select author_id from posts\n               ^",
            ),
            ("psql -h db -c 'select x from y'", "ERROR:  column \"x\" does not exist\nLINE 1: select x from y"),
        ],
    ),
    (
        Other,
        &[
            (
                "psql shop",
                "psql: error: connection to server on socket \"/var/run/postgresql/.s.PGSQL.5432\" failed: No such process",
            ),
            (
                "psql other",
                "psql: error: connection to server on socket \"/tmp/.s.PGSQL.5433\" failed: No such process",
            ),
        ],
    ),
    (
        Other,
        &[
            (
                "git push",
                "To github.com:ann/shop.git\n ! [rejected]        main -> main (fetch first)\nerror: failed to push some refs to 'github.com:ann/shop.git'",
            ),
            (
                "git push origin main",
                "To gitlab.com:bo/x.git\n ! [rejected]        main -> main (fetch first)\nerror: failed to push some refs to 'gitlab.com:bo/x.git'",
            ),
        ],
    ),
    (
        Other,
        &[
            ("git checkout feature-1", "error: pathspec 'feature-1' did not match any file(s) known to git"),
            ("git checkout foo", "error: pathspec 'foo' did not match any file(s) known to git"),
        ],
    ),
    (Other, &[("git status", "fatal: not a git repository (or any of the parent directories): .git")]),
    (
        Usage,
        &[
            (
                "npm run lint",
                "npm ERR! Missing script: \"lint\"\nnpm ERR! \nnpm ERR! To see a list of scripts, run:\nnpm ERR!   npm run",
            ),
            (
                "npm run lint -- --fix",
                "npm error Missing script: \"lint\"\nnpm error\nnpm error A complete log of this run can be found in: /home/ann/.npm/_logs/2026-05-01T10_00_00_000Z-debug-0.log",
            ),
            ("pnpm lint", " ERR_PNPM_NO_SCRIPT  Missing script: lint"),
            ("yarn lint", "yarn run v1.22.19\nerror Command \"lint\" not found."),
        ],
    ),
    (
        Other,
        &[
            (
                "npm install left",
                "npm ERR! code ERESOLVE\nnpm ERR! ERESOLVE unable to resolve dependency tree\nnpm ERR! While resolving: shop@1.0.0",
            ),
            (
                "npm install right",
                "npm ERR! code ERESOLVE\nnpm ERR! ERESOLVE unable to resolve dependency tree\nnpm ERR! While resolving: other@2.3.4",
            ),
        ],
    ),
    (
        Usage,
        &[
            ("make chek", "make: *** No rule to make target 'chek'.  Stop."),
            ("make -j4 chek", "make: *** No rule to make target 'chek'.  Stop."),
        ],
    ),
    (
        Check,
        &[
            ("make", "cc -o a a.c\na.c:3:1: error: unknown type name 'foo'\nmake: *** [Makefile:3: a] Error 1"),
            ("make", "make: *** [Makefile:9: b] Error 2"),
        ],
    ),
    (
        Usage,
        &[
            ("yq . a.yaml", "bash: line 1: yq: command not found"),
            ("cat a | yq .", "zsh:1: command not found: yq"),
            ("yq eval", "/bin/sh: 1: yq: not found"),
            (
                "yq",
                "yq : The term 'yq' is not recognized as the name of a cmdlet, function, script file, or operable program.\nAt line:1 char:1",
            ),
        ],
    ),
    (
        Other,
        &[
            (
                "Get-Content C:\\shop\\a.txt -Raw",
                "Get-Content : Access to the path 'C:\\shop\\a.txt' is denied.\nAt line:1 char:1",
            ),
            ("Get-Content D:\\b.txt", "Get-Content : Access to the path 'D:\\b.txt' is denied.\nAt line:1 char:1"),
        ],
    ),
    (
        Other,
        &[
            (
                "node server.js",
                "node:events:495\n      throw er; // Unhandled 'error' event\n      ^\n\nError: listen EADDRINUSE: address already in use :::3000\n    at Server.setupListenHandle",
            ),
            (
                "node web.js",
                "node:events:497\n      throw er; // Unhandled 'error' event\n      ^\n\nError: listen EADDRINUSE: address already in use :::8080\n    at Server",
            ),
        ],
    ),
    (
        Other,
        &[
            (
                "java -jar a.jar",
                "Exception in thread \"main\" java.lang.UnsupportedClassVersionError: com/shop/Main has been compiled by a more recent version of the Java Runtime (class file version 65.0)",
            ),
            (
                "java -jar b.jar",
                "Exception in thread \"main\" java.lang.UnsupportedClassVersionError: org/x/App has been compiled by a more recent version of the Java Runtime (class file version 61.0)",
            ),
        ],
    ),
    (
        Other,
        &[
            (
                "curl -s localhost:3000/x",
                "curl: (7) Failed to connect to localhost port 3000 after 0 ms: Couldn't connect to server",
            ),
            (
                "curl localhost:8081",
                "curl: (7) Failed to connect to localhost port 8081 after 3 ms: Couldn't connect to server",
            ),
        ],
    ),
    (
        Usage,
        &[
            ("pip install x", "error: externally-managed-environment\n\n× This environment is externally managed"),
            ("pip3 install yaml", "error: externally-managed-environment\n"),
        ],
    ),
    (
        Other,
        &[
            (
                "terraform apply",
                "\x1b[31m╷\x1b[0m\n\x1b[31m│\x1b[0m \x1b[1m\x1b[31mError: \x1b[0mError acquiring the state lock\n\x1b[31m│\x1b[0m Lock Info:",
            ),
            ("terraform plan", "╷\n│ Error: Error acquiring the state lock\n│ \n│ Lock Info:"),
        ],
    ),
    (
        Other,
        &[
            ("ssh web1 uptime", "ssh: connect to host web1 port 22: Connection timed out"),
            ("ssh -p 2222 web1", "ssh: connect to host web1 port 2222: Connection timed out"),
        ],
    ),
    (
        Usage,
        &[
            (
                "gh run view 1 --json actor",
                "Unknown JSON field: \"actor\"\nAvailable fields:\n  conclusion\n  createdAt",
            ),
            ("gh pr view --json baseRefOid", "Unknown JSON field: \"baseRefOid\"\nAvailable fields:\n  body"),
        ],
    ),
    (
        Other,
        &[
            ("cargo run", "thread 'main' panicked at src/main.rs:4:5:\ncalled `Option::unwrap()` on a `None` value"),
            (
                "cargo run -- x",
                "thread 'main' panicked at src/cli/mod.rs:40:9:\ncalled `Option::unwrap()` on a `None` value",
            ),
        ],
    ),
    (
        Other,
        &[
            ("cat conf/app.toml", "cat: conf/app.toml: No such file or directory"),
            ("ls conf/app.toml", "ls: cannot access 'conf/app.toml': No such file or directory"),
        ],
    ),
    (Other, &[("cat conf/web.toml", "cat: conf/web.toml: No such file or directory")]),
    (
        Usage,
        &[("sed -i s/a/b/ -z x", "sed: illegal option -- z\nusage: sed script [-EHalnru] [-i extension] [file ...]")],
    ),
    (Other, &[("sqlite3 shop.db .tables", "Error: unable to open database \"shop.db\": unable to open database file")]),
    (
        Other,
        &[("aws s3 ls", "Unable to locate credentials. You can configure credentials by running \"aws configure\".")],
    ),
    (
        Other,
        &[
            (
                "apt-get install -y foo",
                "E: Could not open lock file /var/lib/dpkg/lock-frontend - open (13: Permission refused)\nE: Unable to acquire the dpkg frontend lock",
            ),
            (
                "apt-get install -y bar",
                "E: Could not open lock file /var/lib/dpkg/lock - open (13: Permission refused)",
            ),
        ],
    ),
];

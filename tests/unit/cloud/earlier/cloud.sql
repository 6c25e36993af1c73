BEGIN TRANSACTION;
CREATE TABLE account (
    name TEXT PRIMARY KEY,
    things_limit INTEGER,
    messages_limit INTEGER
, aid TEXT, by_name INTEGER NOT NULL DEFAULT 0);
INSERT INTO "account" VALUES('local',100,-1,'2e4eecd2-831d-4c75-a77d-53f5c814ec75',0);
INSERT INTO "account" VALUES('other',NULL,NULL,'3981a0ed-cc8b-479e-823f-d38d97e66b6c',0);
CREATE TABLE app (
    id INTEGER PRIMARY KEY,
    aid TEXT NOT NULL,
    name TEXT NOT NULL,
    account TEXT NOT NULL REFERENCES account(name),
    default_pool TEXT NOT NULL,
    hidden INTEGER NOT NULL,
    UNIQUE (account, aid)
);
INSERT INTO "app" VALUES(1,'11111111-2222-3333-4444-555555555555','Lamp','local','development',0);
INSERT INTO "app" VALUES(2,'975a48ae-9709-44dd-8080-a2e629bf8375','Second','other','development',0);
INSERT INTO "app" VALUES(3,'00000000-0000-0000-0000-000000000000','NoneApp','local','unbound',1);
CREATE TABLE event (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    time REAL NOT NULL,
    what TEXT NOT NULL,
    tid TEXT NOT NULL,
    status INTEGER NOT NULL,
    summary TEXT NOT NULL
, stranger INTEGER NOT NULL DEFAULT 0);
INSERT INTO "event" VALUES(1,1795870804.69817,'register','plain',200,'app one, OS v2, Python',0);
INSERT INTO "event" VALUES(2,1.79587080469986462593e+09,'management','plain',200,'settings',0);
INSERT INTO "event" VALUES(3,1.79587080470879626274e+09,'report','plain',200,'management OK',0);
INSERT INTO "event" VALUES(4,1.79587080471688175205e+09,'worker','plain',200,'{"n": 0}',0);
INSERT INTO "event" VALUES(5,1.79587080472034835813e+09,'worker','plain',200,'{"n": 1}',0);
INSERT INTO "event" VALUES(6,1795870804.72643,'worker','plain',200,'{"n": 2}',0);
INSERT INTO "event" VALUES(7,1.79587080473057079314e+09,'worker','plain',200,'{"n": 3}',0);
INSERT INTO "event" VALUES(8,1.79587080473697876929e+09,'worker','plain',200,'{"n": 4}',0);
INSERT INTO "event" VALUES(9,1.79587080473984742165e+09,'worker','plain',200,'"at 0"',0);
INSERT INTO "event" VALUES(10,1.79587080474926471702e+09,'management','plain',200,'settings, APP message 930d0672-007c-4948-8c6d-cb98b3a0a0ed',0);
INSERT INTO "event" VALUES(11,1.79587080475203394892e+09,'report','plain',200,'management OK',0);
INSERT INTO "event" VALUES(12,1.79587080481766891482e+09,'preregister','',200,'encrypted session',1);
INSERT INTO "event" VALUES(13,1.79587080482053780558e+09,'register','sealed',200,'app Unknown, OS Unknown, None',0);
INSERT INTO "event" VALUES(14,1.79587080482389497759e+09,'management','sealed',200,'settings',0);
INSERT INTO "event" VALUES(15,1.79587080482551550864e+09,'report','sealed',200,'management OK',0);
INSERT INTO "event" VALUES(16,1.7958708048270745277e+09,'worker','sealed',200,'[1, 2]',0);
INSERT INTO "event" VALUES(17,1.79587080483111500737e+09,'register','unbound',200,'app Unknown, OS Unknown, None',0);
INSERT INTO "event" VALUES(18,1.79587080483265900615e+09,'management','unbound',200,'settings',0);
INSERT INTO "event" VALUES(19,1.79587080483396148685e+09,'register','pinned',200,'app Unknown, OS Unknown, None',0);
INSERT INTO "event" VALUES(20,1.79587080483620429045e+09,'management','pinned',200,'identity a4e7e6b6aa392402 pinned, settings',0);
INSERT INTO "event" VALUES(21,1.79587080483796834948e+09,'register','pinned',200,'app Unknown, OS Unknown, None',1);
INSERT INTO "event" VALUES(22,1.79587080484014225008e+09,'management','pinned',401,'Hi, Pythings Cloud here. Sorry, but the identity 9028491c3f305676 is not that of this Thing.',1);
CREATE TABLE file (
    id INTEGER PRIMARY KEY,
    version_id INTEGER NOT NULL REFERENCES version(id),
    name TEXT NOT NULL,
    text TEXT NOT NULL
);
INSERT INTO "file" VALUES(1,1,'worker_task.py','class WorkerTask:
    def call(self):
        return None
');
INSERT INTO "file" VALUES(2,1,'management_task.py','class ManagementTask:
    def call(self, data):
        return None
');
INSERT INTO "file" VALUES(3,2,'worker_task.py','class WorkerTask:
    def call(self):
        return None
');
INSERT INTO "file" VALUES(4,2,'management_task.py','class ManagementTask:
    def call(self, data):
        return None
');
INSERT INTO "file" VALUES(5,3,'worker_task.py','w = 1
');
INSERT INTO "file" VALUES(6,3,'management_task.py','m = ''ü''
');
INSERT INTO "file" VALUES(7,4,'worker_task.py','class WorkerTask:
    def call(self):
        return None
');
INSERT INTO "file" VALUES(8,4,'management_task.py','class ManagementTask:
    def call(self, data):
        return None
');
CREATE TABLE message (
    id INTEGER PRIMARY KEY,
    mid TEXT NOT NULL UNIQUE,
    thing_id INTEGER NOT NULL REFERENCES thing(id),
    type TEXT NOT NULL,
    msg TEXT NOT NULL,
    status TEXT NOT NULL DEFAULT 'queued',
    reply TEXT,
    queued REAL NOT NULL,
    delivered REAL,
    received REAL
);
INSERT INTO "message" VALUES(1,'930d0672-007c-4948-8c6d-cb98b3a0a0ed',1,'APP','{"say": "hello"}','received','["hi"]',1.79587080474576234819e+09,1.79587080474914097781e+09,1.79587080475196123117e+09);
INSERT INTO "message" VALUES(2,'7c4eb573-2c66-47a5-aebe-5a31c30da5e6',1,'APP','"still queued"','queued',NULL,1.79587080475513243679e+09,NULL,NULL);
INSERT INTO "message" VALUES(3,'1ebddac4-2497-4344-bf5d-76f5b7baf0ac',1,'CMD','"print(1)"','queued',NULL,1.79587080475739836694e+09,NULL,NULL);
CREATE TABLE meta (
    name TEXT PRIMARY KEY,
    value BLOB NOT NULL
);
INSERT INTO "meta" VALUES('key',X'534BA92410F4E859286DA913D545035D91E5BCA6D9B9C0409DA737AC2BEA6E0AA688CEF9F0E3A509E3B6');
CREATE TABLE pool (
    app_id INTEGER NOT NULL REFERENCES app(id),
    name TEXT NOT NULL,
    settings TEXT NOT NULL,
    use_latest_app_version INTEGER NOT NULL,
    PRIMARY KEY (app_id, name)
);
INSERT INTO "pool" VALUES(1,'production','{"pythings_version": "factory", "app_version": "1795870804", "management_interval": "60", "worker_interval": "300", "battery_operated": false, "setup_timeout": 60, "ssl": false, "payload_encryption": false}',0);
INSERT INTO "pool" VALUES(1,'staging','{"pythings_version": "factory", "app_version": "1795870804", "management_interval": "7", "worker_interval": "300", "battery_operated": false, "setup_timeout": 60, "ssl": false, "payload_encryption": false}',1);
INSERT INTO "pool" VALUES(1,'development','{"pythings_version": "factory", "app_version": "one", "management_interval": "60", "worker_interval": "300", "battery_operated": false, "setup_timeout": 60, "ssl": false, "payload_encryption": false}',1);
INSERT INTO "pool" VALUES(2,'production','{"pythings_version": "factory", "app_version": "1795870804", "management_interval": "60", "worker_interval": "300", "battery_operated": false, "setup_timeout": 60, "ssl": false, "payload_encryption": false}',0);
INSERT INTO "pool" VALUES(2,'staging','{"pythings_version": "factory", "app_version": "1795870804", "management_interval": "60", "worker_interval": "300", "battery_operated": false, "setup_timeout": 60, "ssl": false, "payload_encryption": false}',0);
INSERT INTO "pool" VALUES(2,'development','{"pythings_version": "factory", "app_version": "1795870804", "management_interval": "60", "worker_interval": "300", "battery_operated": false, "setup_timeout": 60, "ssl": false, "payload_encryption": false}',1);
INSERT INTO "pool" VALUES(3,'unbound','{"pythings_version": "factory", "app_version": "1795870804", "management_interval": "5", "worker_interval": "300", "battery_operated": false, "setup_timeout": 60, "ssl": false, "payload_encryption": false}',1);
CREATE TABLE reading (
    id INTEGER PRIMARY KEY,
    aid TEXT NOT NULL,
    tid TEXT NOT NULL,
    ts INTEGER NOT NULL,
    msg TEXT NOT NULL,
    received REAL NOT NULL,
    UNIQUE (aid, tid, ts)
);
INSERT INTO "reading" VALUES(1,'11111111-2222-3333-4444-555555555555','plain',1700000000000000,'{"n": 0}',1.79587080471684789662e+09);
INSERT INTO "reading" VALUES(2,'11111111-2222-3333-4444-555555555555','plain',1700000000500000,'{"n": 1}',1.79587080472033095357e+09);
INSERT INTO "reading" VALUES(3,'11111111-2222-3333-4444-555555555555','plain',1700000001000000,'{"n": 2}',1.79587080472640776632e+09);
INSERT INTO "reading" VALUES(4,'11111111-2222-3333-4444-555555555555','plain',1700000001500000,'{"n": 3}',1.79587080473055434219e+09);
INSERT INTO "reading" VALUES(5,'11111111-2222-3333-4444-555555555555','plain',1700000002000000,'{"n": 4}',1.79587080473695945735e+09);
INSERT INTO "reading" VALUES(6,'11111111-2222-3333-4444-555555555555','plain',1000000,'"at 0"',1.79587080473983550076e+09);
INSERT INTO "reading" VALUES(7,'11111111-2222-3333-4444-555555555555','sealed',1700000000000000,'[1, 2]',1.79587080482704138754e+09);
CREATE TABLE session (
    id INTEGER PRIMARY KEY,
    token TEXT NOT NULL UNIQUE,
    thing_id INTEGER REFERENCES thing(id),
    active INTEGER NOT NULL DEFAULT 1,
    key TEXT,
    kty TEXT,
    app_version TEXT,
    pythings_version TEXT,
    last_contact REAL NOT NULL,
    worker TEXT NOT NULL DEFAULT 'Unknown',
    management TEXT NOT NULL DEFAULT 'Unknown',
    pythings TEXT NOT NULL DEFAULT 'Ok: session started'
, used REAL NOT NULL DEFAULT 0, proved INTEGER NOT NULL DEFAULT 1, salt TEXT, described TEXT);
INSERT INTO "session" VALUES(1,'992e29b64adccd7c190ac7a4b886affa1e2e4dd144c3fd49cc2a00c50952b744',1,1,NULL,NULL,'one','v2',1.79587080474909973138e+09,'Unknown','OK','Ok: session started',1.79587080474909973138e+09,1,NULL,NULL);
INSERT INTO "session" VALUES(2,'08c316df078cab5702f6573b9bd931d0562c062411481c9937b6c9e81b4edf27',2,1,X'392060164D1E7DE50A98177157A14C4EA82DE7B83A854C3DC0F96F100FA8E87E9795305BCDFC3EBDB778967F945B87418C8BC8D4735CDB5B6712502B2108B7FEAB16','aes128ecb','Unknown','Unknown',1.79587080482378387449e+09,'Unknown','OK','Ok: session started',1.79587080482378387449e+09,1,NULL,NULL);
INSERT INTO "session" VALUES(3,'bddab19ef472893ce188eb6f29d3e53a2bdb3b9f9c2a48f48cbc4fef7b9a1b04',3,1,NULL,NULL,'Unknown','Unknown',1.79587080483261156077e+09,'Unknown','Unknown','Ok: session started',1.79587080483261156077e+09,1,NULL,NULL);
INSERT INTO "session" VALUES(4,'99c0b9d9b0e661c2358f02a4c6062d27373f07979215d7fc6c3b6fe78df15559',4,1,NULL,NULL,'Unknown','Unknown',1.79587080483615350728e+09,'Unknown','Unknown','Ok: session started',1.79587080483615350728e+09,1,NULL,NULL);
INSERT INTO "session" VALUES(5,'47ad237ad910b4a6334dabca179b23d6080d42eeeee855640b9f3be638f7faa7',4,0,NULL,NULL,'Unknown','Unknown',1.79587080483775639533e+09,'Unknown','Unknown','Ok: session started',1.79587080483775639533e+09,0,'faaada85b1a6392c','[null, null, false]');
CREATE TABLE thing (
    id INTEGER PRIMARY KEY,
    tid TEXT NOT NULL,
    app_id INTEGER NOT NULL REFERENCES app(id),
    pool TEXT NOT NULL,
    frozen INTEGER NOT NULL DEFAULT 0,
    platform TEXT,
    capabilities TEXT,
    custom TEXT, by_account INTEGER, salt TEXT, identity BLOB, pinned REAL, admitted TEXT,
    UNIQUE (app_id, tid)
);
INSERT INTO "thing" VALUES(1,'plain',1,'development',0,'Python','x','{"pythings_version": "factory", "app_version": "one", "management_interval": "60", "worker_interval": "9", "battery_operated": false, "setup_timeout": 60, "ssl": false, "payload_encryption": false}',0,NULL,NULL,NULL,NULL);
INSERT INTO "thing" VALUES(2,'sealed',1,'staging',0,NULL,NULL,NULL,0,NULL,NULL,NULL,NULL);
INSERT INTO "thing" VALUES(3,'unbound',3,'unbound',0,NULL,NULL,NULL,1,NULL,NULL,NULL,NULL);
INSERT INTO "thing" VALUES(4,'pinned',1,'development',0,NULL,NULL,NULL,0,'faaada85b1a6392c',X'3F1EDADE461C6F639A6DC61A2E11B7BA332B603924EAA1B1E97D58244DE2366D793C534477F0713BFE185070',1.79587080483602881436e+09,NULL);
CREATE TABLE version (
    id INTEGER PRIMARY KEY,
    app_id INTEGER NOT NULL REFERENCES app(id),
    name TEXT NOT NULL,
    time REAL NOT NULL,
    UNIQUE (app_id, name)
);
INSERT INTO "version" VALUES(1,1,'1795870804',1.79587080467089581486e+09);
INSERT INTO "version" VALUES(2,2,'1795870804',1.7958708046787657738e+09);
INSERT INTO "version" VALUES(3,1,'one',1.79587080468102097512e+09);
INSERT INTO "version" VALUES(4,3,'1795870804',1.79587080483085465435e+09);
CREATE TABLE waiting (
    thing_id INTEGER NOT NULL REFERENCES thing(id),
    fingerprint TEXT NOT NULL,
    identity BLOB,
    first REAL NOT NULL,
    last REAL NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (thing_id, fingerprint)
);
INSERT INTO "waiting" VALUES(4,'9028491c3f305676',X'CA25B5E120A66201798A497B2C155BD5CD9D9C1164898282F0D0664A66E6910BD001B045E77638BBD781424B',1.79587080483996319769e+09,1.79587080483996319769e+09,1);
CREATE INDEX file_version ON file(version_id);
CREATE INDEX thing_tid ON thing(tid);
CREATE INDEX session_thing ON session(thing_id);
CREATE INDEX message_thing ON message(thing_id, status);
CREATE UNIQUE INDEX account_aid ON account(aid);
CREATE INDEX session_pending ON session(used) WHERE thing_id IS NULL OR proved = 0;
CREATE INDEX event_stranger ON event(stranger, id);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('event',22);
COMMIT;
PRAGMA user_version=3;

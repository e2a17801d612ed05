-- One row for every conversation, worked out from its log, and what people at work leave beside the logs:
-- remarks, calls to be made, canned answers. Durations are microseconds.

-- +goose Up
CREATE TABLE records (
    place        BIGINT PRIMARY KEY,
    conversation TEXT NOT NULL UNIQUE,
    channel      TEXT NOT NULL,
    caller       TEXT NOT NULL,
    started      BIGINT NOT NULL,
    ended        BIGINT,
    last         BIGINT NOT NULL,
    queue        TEXT NOT NULL,
    requested    BIGINT,
    answered     BIGINT,
    replied      BIGINT,
    agents       TEXT NOT NULL,
    transfers    BIGINT NOT NULL,
    waited       BIGINT NOT NULL,
    talked       BIGINT NOT NULL,
    wrap_up      BIGINT,
    outcome      TEXT NOT NULL,
    rating       BIGINT NOT NULL,
    turns        BIGINT NOT NULL,
    resolved     BIGINT,
    summary      TEXT NOT NULL,
    recording    TEXT NOT NULL,
    confidential BIGINT NOT NULL,
    indexed      BIGINT NOT NULL
);
CREATE INDEX records_channel ON records (channel, place);
CREATE INDEX records_queue ON records (queue, place);
CREATE INDEX records_outcome ON records (outcome, place);
CREATE INDEX records_caller ON records (caller, place);
CREATE INDEX records_open ON records (place) WHERE ended IS NULL;

CREATE TABLE record_agents (
    agent TEXT NOT NULL,
    place BIGINT NOT NULL,
    PRIMARY KEY (agent, place)
);
CREATE INDEX record_agents_place ON record_agents (place);

CREATE TABLE remarks (
    conversation TEXT NOT NULL,
    agent        TEXT NOT NULL,
    summary      TEXT NOT NULL,
    category     TEXT NOT NULL,
    resolved     BIGINT,
    at           BIGINT NOT NULL,
    PRIMARY KEY (conversation, agent)
);

-- What the desk keeps: requests for a person, those of them that wait, calls to be made.
CREATE TABLE requests (
    id           TEXT PRIMARY KEY,
    conversation TEXT NOT NULL,
    outcome      TEXT NOT NULL,
    wrap_up      BIGINT NOT NULL,
    body         TEXT NOT NULL,
    at           BIGINT NOT NULL
);
CREATE INDEX requests_conversation ON requests (conversation);

CREATE TABLE places (
    conversation TEXT PRIMARY KEY,
    body         TEXT NOT NULL
);

CREATE TABLE callbacks (
    id            TEXT PRIMARY KEY,
    conversation  TEXT NOT NULL,
    number        TEXT NOT NULL,
    caller        TEXT NOT NULL,
    queue         TEXT NOT NULL,
    reason        TEXT NOT NULL,
    since         BIGINT NOT NULL,
    due           BIGINT,
    message_audio BIGINT NOT NULL,
    state         TEXT NOT NULL,
    agent         TEXT NOT NULL,
    taken         BIGINT,
    attempts      BIGINT NOT NULL,
    tried         BIGINT,
    outcome       TEXT NOT NULL,
    note          TEXT NOT NULL,
    done          BIGINT,
    body          TEXT NOT NULL
);
CREATE INDEX callbacks_state ON callbacks (state, since);
CREATE INDEX callbacks_since ON callbacks (since);

CREATE TABLE canned (
    id    TEXT PRIMARY KEY,
    title TEXT NOT NULL,
    text  TEXT NOT NULL,
    keys  TEXT NOT NULL,
    author TEXT NOT NULL,
    at    BIGINT NOT NULL
);

-- +goose Down
DROP TABLE canned;
DROP TABLE callbacks;
DROP TABLE places;
DROP TABLE requests;
DROP TABLE remarks;
DROP TABLE record_agents;
DROP TABLE records;

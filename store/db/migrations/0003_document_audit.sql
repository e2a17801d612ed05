-- Who has done what to which version of a document, and when. It outlives the document.

-- +goose Up
CREATE TABLE document_audit (
    kind    TEXT NOT NULL,
    id      TEXT NOT NULL,
    step    BIGINT NOT NULL,
    version BIGINT NOT NULL,
    action  TEXT NOT NULL,
    author  TEXT NOT NULL,
    note    TEXT NOT NULL,
    at      BIGINT NOT NULL,
    PRIMARY KEY (kind, id, step)
);

-- +goose Down
DROP TABLE document_audit;

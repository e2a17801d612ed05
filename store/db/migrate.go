package db

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"
	"github.com/uptrace/bun/dialect"

	"github.com/hotline-cc/hotline"
)

//go:embed migrations/*.sql
var migrations embed.FS

// What the two databases write differently stands here by dialect. appendOnly makes the database itself
// refuse to change what was logged.
var appendOnly = map[dialect.Name][]string{
	dialect.SQLite: {
		`CREATE TRIGGER events_append_only BEFORE UPDATE ON events BEGIN SELECT RAISE(ABORT, 'events are append-only'); END`,
	},
	dialect.PG: {
		`CREATE FUNCTION events_append_only() RETURNS trigger LANGUAGE plpgsql AS
			$$ BEGIN RAISE EXCEPTION 'events are append-only'; END $$`,
		`CREATE TRIGGER events_append_only BEFORE UPDATE ON events FOR EACH ROW EXECUTE FUNCTION events_append_only()`,
	},
}

// auditAppendOnly does the same for the record of who did what, which must not be shortened either.
var auditAppendOnly = map[dialect.Name][]string{
	dialect.SQLite: {
		`CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END`,
		`CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END`,
	},
	dialect.PG: {
		`CREATE FUNCTION audit_append_only() RETURNS trigger LANGUAGE plpgsql AS
			$$ BEGIN RAISE EXCEPTION 'audit is append-only'; END $$`,
		`CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit FOR EACH STATEMENT EXECUTE FUNCTION audit_append_only()`,
	},
}

// searchText makes the index of what was said. Both find any part of a sentence by the pairs of its
// characters (records.Grams), with what each has built in: SQLite keeps the pairs in order, so that their
// neighbourhood decides; PostgreSQL keeps the set of them, and the text decides.
var searchText = map[dialect.Name][]string{
	dialect.SQLite: {
		`CREATE VIRTUAL TABLE record_text USING fts5(grams, content='', contentless_delete=1, tokenize='ascii')`,
	},
	dialect.PG: {
		`CREATE TABLE record_text (place BIGINT PRIMARY KEY, text TEXT NOT NULL, grams TEXT[] NOT NULL)`,
		`CREATE INDEX record_text_grams ON record_text USING gin (grams)`,
	},
}

// both returns the migration with a number that runs the statements of the dialect.
func both(number int64, name dialect.Name, statements map[dialect.Name][]string) *goose.Migration {
	return goose.NewGoMigration(number, &goose.GoFunc{RunTx: func(ctx context.Context, tx *sql.Tx) error {
		for _, statement := range statements[name] {
			if _, err := tx.ExecContext(ctx, statement); err != nil {
				return err
			}
		}
		return nil
	}}, nil)
}

func (d *DB) migrate(ctx context.Context) error {
	provider, err := d.provider()
	if err != nil {
		return hotline.Errorf(opOpen, hotline.CodeInternal, "%w", err)
	}
	if _, err := provider.Up(ctx); err != nil {
		return hotline.Errorf(opOpen, hotline.CodeUnavailable, "%w", fmt.Errorf("数据库无法打开或升级 the database cannot be reached or upgraded: %w", err))
	}
	return nil
}

func (d *DB) provider() (*goose.Provider, error) {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, err
	}
	name := d.write.Dialect().Name()
	kind := map[dialect.Name]goose.Dialect{dialect.SQLite: goose.DialectSQLite3, dialect.PG: goose.DialectPostgres}[name]
	return goose.NewProvider(kind, d.write.DB, files,
		goose.WithGoMigrations(both(2, name, appendOnly), both(6, name, searchText), both(8, name, auditAppendOnly)), goose.WithDisableGlobalRegistry(true))
}

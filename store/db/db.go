// Package db keeps conversations and what belongs to them in SQLite or PostgreSQL: state and events,
// files, ratings, filed requests, API keys, changes of knowledge and versions of documents. Both have the
// same schema. What a method has written is on disk when it returns.
package db

import (
	"context"
	"database/sql"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"
	"github.com/uptrace/bun/dialect/sqlitedialect"
	_ "modernc.org/sqlite" // the driver "sqlite"

	"github.com/hotline-cc/hotline"
)

// Config tells where the data is.
type Config struct {
	// URL is postgres://user:password@host/name, or empty for SQLite.
	URL string
	// Dir is the data folder: SQLite's file is hotline.db in it.
	Dir string
	Now func() time.Time // nil is the system's clock
}

// DB is the open storage. It is safe for concurrent use.
type DB struct {
	write *bun.DB // SQLite has one writer
	read  *bun.DB
	now   func() time.Time
}

const opOpen = "open storage"

// Numbers of connections.
const (
	sqliteReaders   = 4
	postgresAtOnce  = 16
	connectionsIdle = 4
)

// Open opens the storage and brings its schema up to date.
func Open(ctx context.Context, cfg Config) (*DB, error) {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	d := &DB{now: cfg.Now}
	var err error
	if cfg.URL == "" {
		err = d.openSQLite(cfg.Dir)
	} else {
		err = d.openPostgres(cfg.URL)
	}
	if err == nil {
		err = d.migrate(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return d, nil
}

func (d *DB) openSQLite(dir string) error {
	if dir == "" {
		return hotline.Errorf(opOpen, hotline.CodeInvalid, "the data folder is not set")
	}
	file := filepath.Join(dir, "hotline.db")
	// What people say is nobody else's to read, whatever the folder allows. SQLite gives the files beside
	// it the same mode.
	made, err := os.OpenFile(file, os.O_CREATE|os.O_RDWR, 0o600)
	if err == nil {
		err = made.Close()
	}
	if err != nil {
		return hotline.Errorf(opOpen, hotline.CodeUnavailable, "%w", err)
	}
	// FULL: a commit is on disk when it returns, also after a power cut. An immediate transaction
	// waits for its turn at the beginning, so it never fails in the middle.
	settings := url.Values{
		"_pragma": {"busy_timeout(10000)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)"},
		"_txlock": {"immediate"},
	}
	name := (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: file}).EscapedPath(), RawQuery: settings.Encode()}).String()
	open := func(connections int) (*bun.DB, error) {
		pool, err := sql.Open("sqlite", name)
		if err != nil {
			return nil, hotline.Errorf(opOpen, hotline.CodeUnavailable, "%w", err)
		}
		pool.SetMaxOpenConns(connections)
		pool.SetMaxIdleConns(connections)
		return bun.NewDB(pool, sqlitedialect.New()), nil
	}
	if d.write, err = open(1); err != nil {
		return err
	}
	d.read, err = open(sqliteReaders)
	return err
}

func (d *DB) openPostgres(address string) error {
	if !strings.HasPrefix(address, "postgres://") && !strings.HasPrefix(address, "postgresql://") {
		return hotline.Errorf(opOpen, hotline.CodeInvalid, "storage.url 应为 postgres://… want postgres://user:password@host/name, or nothing for SQLite")
	}
	pool, err := sql.Open("pgx", address)
	if err != nil {
		// The text of the error may hold the password.
		return hotline.Errorf(opOpen, hotline.CodeInvalid, "storage.url 无法解析 cannot be read as a PostgreSQL URL")
	}
	pool.SetMaxOpenConns(postgresAtOnce)
	pool.SetMaxIdleConns(connectionsIdle)
	d.write = bun.NewDB(pool, pgdialect.New())
	d.read = d.write
	return nil
}

// Close closes all connections.
func (d *DB) Close() error {
	var errs []error
	if d.write != nil {
		errs = append(errs, d.write.Close())
	}
	if d.read != nil && d.read != d.write {
		errs = append(errs, d.read.Close())
	}
	return errors.Join(errs...)
}

// Ping tells whether the storage answers.
func (d *DB) Ping(ctx context.Context) error {
	if err := d.write.PingContext(ctx); err != nil {
		return hotline.Errorf("ask the storage", hotline.CodeUnavailable, "%w", err)
	}
	return nil
}

// tx does something whole or not at all. Errors that are not ours already get op and CodeUnavailable.
func (d *DB) tx(ctx context.Context, op string, do func(context.Context, bun.Tx) error) error {
	return failed(op, d.write.RunInTx(ctx, nil, do))
}

func failed(op string, err error) error {
	var ours *hotline.Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &ours):
		return err
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return hotline.Errorf(op, hotline.CodeTimeout, "%w", err)
	}
	return hotline.Errorf(op, hotline.CodeUnavailable, "%w", err)
}

// changed returns how many rows a statement has changed.
func changed(r sql.Result, err error) (int64, error) {
	if err != nil {
		return 0, err
	}
	return r.RowsAffected()
}

func micros(t time.Time) int64 { return t.UnixMicro() }

func fromMicros(n int64) time.Time { return time.UnixMicro(n).UTC() }

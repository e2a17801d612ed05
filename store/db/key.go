package db

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"github.com/hotline-cc/hotline"
)

// Key is an API key without its secret, of which the hash is kept.
type Key struct {
	ID      string
	Name    string
	Hash    string // SHA-256 of the secret, in hex
	Scopes  []string
	Created time.Time
	Revoked time.Time // zero while it is valid
}

type keyRow struct {
	bun.BaseModel `bun:"table:api_keys"`

	ID      string `bun:"id,pk"`
	Name    string `bun:"name"`
	Hash    string `bun:"hash"`
	Scopes  string `bun:"scopes"`
	Created int64  `bun:"created"`
	Revoked int64  `bun:"revoked,nullzero"`
}

func (row keyRow) key() Key {
	k := Key{ID: row.ID, Name: row.Name, Hash: row.Hash, Scopes: strings.Fields(row.Scopes), Created: fromMicros(row.Created)}
	if row.Revoked != 0 {
		k.Revoked = fromMicros(row.Revoked)
	}
	return k
}

// PutKey keeps a key that was not there.
func (d *DB) PutKey(ctx context.Context, k Key) error {
	row := keyRow{ID: k.ID, Name: k.Name, Hash: k.Hash, Scopes: strings.Join(k.Scopes, " "), Created: micros(d.now())}
	_, err := d.write.NewInsert().Model(&row).Exec(ctx)
	return failed("keep key", err)
}

// Key returns a key, revoked or not; CodeNotFound when there is none.
func (d *DB) Key(ctx context.Context, id string) (Key, error) {
	const op = "find key"
	var row keyRow
	err := d.read.NewSelect().Model(&row).Where("id = ?", id).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return Key{}, hotline.Errorf(op, hotline.CodeNotFound, "没有密钥 no key %s", id)
	}
	return row.key(), failed(op, err)
}

// Keys returns all keys, the oldest first.
func (d *DB) Keys(ctx context.Context) ([]Key, error) {
	var rows []keyRow
	if err := d.read.NewSelect().Model(&rows).Order("created", "id").Scan(ctx); err != nil {
		return nil, failed("list keys", err)
	}
	list := make([]Key, len(rows))
	for i, row := range rows {
		list[i] = row.key()
	}
	return list, nil
}

// RevokeKey makes a key worthless for good; CodeNotFound when there is no valid one.
func (d *DB) RevokeKey(ctx context.Context, id string) error {
	const op = "revoke key"
	n, err := changed(d.write.NewUpdate().Table("api_keys").Set("revoked = ?", micros(d.now())).
		Where("id = ?", id).Where("revoked IS NULL").Exec(ctx))
	if err == nil && n == 0 {
		return hotline.Errorf(op, hotline.CodeNotFound, "没有有效的密钥 no valid key %s", id)
	}
	return failed(op, err)
}

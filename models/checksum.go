package models

import (
	"context"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
)

// errChecksum marks bytes that are not the model's.
var errChecksum = errors.New("wrong checksum")

// checksum is the published checksum of a model and the running one of the bytes written to it.
type checksum struct {
	hash.Hash
	want string
}

func newChecksum(m Model) *checksum {
	if m.SHA256 == "" {
		// whisper.cpp publishes nothing stronger for some of its files.
		return &checksum{sha1.New(), m.SHA1}
	}
	return &checksum{sha256.New(), m.SHA256}
}

// check compares what was written with what is published.
func (c *checksum) check() error {
	if got := hex.EncodeToString(c.Sum(nil)); got != c.want {
		return fmt.Errorf("%w: %s, want %s", errChecksum, got, c.want)
	}
	return nil
}

// verifyFile reads the whole file and compares its checksum.
func verifyFile(ctx context.Context, path string, m Model) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	if info, err := f.Stat(); err == nil && m.Size > 0 && info.Size() != m.Size {
		return fmt.Errorf("%w: %d bytes, want %d", errChecksum, info.Size(), m.Size)
	}
	sum := newChecksum(m)
	if _, err := io.Copy(sum, contextReader{ctx, f}); err != nil {
		return err
	}
	return sum.check()
}

// install puts a whole and checked file in its place, so that it is there completely or not at all,
// even after a loss of power.
func install(part, target string) error {
	if err := os.Rename(part, target); err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(target))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// contextReader ends a long read when its context ends.
type contextReader struct {
	ctx context.Context
	r   io.Reader
}

func (r contextReader) Read(b []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.r.Read(b)
}

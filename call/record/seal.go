package record

import (
	"io"
	"os"
)

// Sealer makes and opens the segments of recordings; an implementation may encrypt them at rest.
type Sealer interface {
	// Create makes a file that must not exist yet.
	Create(path string) (File, error)
	// Open opens an existing file for reading and writing.
	Open(path string) (File, error)
}

// File is one segment as plain WAV bytes, whatever lies on disk.
type File interface {
	io.ReadWriteSeeker
	Truncate(size int64) error
	// Sync brings everything written to disk.
	Sync() error
	Close() error
}

// Plain is the Sealer that does not encrypt. Files are readable by their owner only.
type Plain struct{}

// Create implements Sealer.
func (Plain) Create(path string) (File, error) {
	return os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
}

// Open implements Sealer.
func (Plain) Open(path string) (File, error) { return os.OpenFile(path, os.O_RDWR, 0) }

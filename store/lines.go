package store

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
)

// parseLines decodes a file of JSON lines. What follows the last newline is a line being written or
// cut off by a crash, and no part of the file. A damaged line ends the reading with an error that
// gives its number, from 1; the values before it are returned.
func parseLines[T any](raw []byte) ([]T, error) {
	var values []T
	raw = raw[:whole(raw)]
	for n := 1; len(raw) > 0; n++ {
		end := bytes.IndexByte(raw, '\n')
		var v T
		if err := json.Unmarshal(raw[:end], &v); err != nil {
			return values, fmt.Errorf("line %d: %w", n, err)
		}
		values = append(values, v)
		raw = raw[end+1:]
	}
	return values, nil
}

// whole returns the length of the complete lines.
func whole(raw []byte) int { return bytes.LastIndexByte(raw, '\n') + 1 }

// mendTail cuts an unfinished last line off a file and returns how many bytes that were.
func mendTail(path string) (cut int64, err error) {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	info, err := f.Stat()
	if err != nil || info.Size() == 0 {
		return 0, err
	}
	last := make([]byte, 1)
	if _, err := f.ReadAt(last, info.Size()-1); err != nil {
		return 0, err
	}
	if last[0] == '\n' {
		return 0, nil
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	keep := int64(whole(raw))
	if err := f.Truncate(keep); err != nil {
		return 0, err
	}
	return int64(len(raw)) - keep, f.Sync()
}

package store

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/hotline-cc/hotline"
)

// Days returns the days on which conversations began, oldest first.
func (l *Log) Days() ([]time.Time, error) {
	const op = "list days"
	root := filepath.Join(l.dir, "conversations")
	folders, err := filepath.Glob(filepath.Join(root, "[0-9][0-9][0-9][0-9]", "[0-9][0-9]", "[0-9][0-9]"))
	if err != nil {
		return nil, hotline.Errorf(op, hotline.CodeInternal, "%w", err)
	}
	var days []time.Time
	for _, folder := range folders {
		name, err := filepath.Rel(root, folder)
		if err != nil {
			return nil, hotline.Errorf(op, hotline.CodeInternal, "%w", err)
		}
		if day, err := time.ParseInLocation("2006/01/02", filepath.ToSlash(name), l.location); err == nil {
			days = append(days, day)
		}
	}
	return days, nil
}

// tail is how much of a file is looked at for its last event; one longer than that is as good as unknown.
const tail = 64 << 10

// Last returns the number of the last event of a conversation without reading the others; 0 when it cannot be
// told so.
func (l *Log) Last(conv hotline.ConversationID) (uint64, error) {
	path, err := l.path(conv)
	if err != nil {
		return 0, err
	}
	f, err := os.Open(path)
	if err != nil {
		return 0, hotline.Errorf("find last event", hotline.CodeNotFound, "%w", err)
	}
	defer func() { _ = f.Close() }() // it was only read
	end, err := f.Seek(0, io.SeekEnd)
	raw := make([]byte, min(end, tail))
	if err == nil {
		_, err = f.ReadAt(raw, end-int64(len(raw)))
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return 0, hotline.Errorf("find last event", hotline.CodeInternal, "%w", err)
	}
	raw = raw[:whole(raw)]
	raw = raw[bytes.LastIndexByte(bytes.TrimSuffix(raw, []byte("\n")), '\n')+1:]
	var e struct {
		Seq uint64 `json:"seq"`
	}
	if json.Unmarshal(raw, &e) != nil {
		return 0, nil
	}
	return e.Seq, nil
}

// Reader returns a log to be read, beside the process that writes it. It makes and mends nothing; location
// nil is time.Local.
func Reader(dir string, location *time.Location) *Log {
	if location == nil {
		location = time.Local
	}
	return &Log{dir: dir, location: location, closed: true}
}

package store

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/hotline-cc/hotline"
)

// errRetired says that a journal has been closed for good; the log makes another.
var errRetired = errors.New("the event file is closed")

// journal is the file of one conversation. It opens with the first event.
type journal struct {
	path string
	root string // folder up to which new folders are brought to disk

	mu      sync.Mutex
	file    *os.File
	size    int64
	seq     uint64 // of the last event
	used    time.Time
	dirty   bool // has events that are not on disk
	fresh   bool // the file's name is not on disk
	retired bool
}

func (j *journal) append(conv hotline.ConversationID, body hotline.EventBody, now time.Time) (hotline.Event, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.retired {
		return hotline.Event{}, errRetired
	}
	j.used = now
	if err := j.open(); err != nil {
		return hotline.Event{}, err
	}
	event := hotline.Event{Conversation: conv, Seq: j.seq + 1, At: now, Body: body}
	raw, err := line(event)
	if err != nil {
		return hotline.Event{}, err
	}
	if _, err := j.file.Write(raw); err != nil {
		// Half a line must not stay in front of the next one.
		return hotline.Event{}, errors.Join(err, j.file.Truncate(j.size))
	}
	j.size += int64(len(raw))
	j.seq, j.dirty = event.Seq, true
	if durable(body) {
		return event, j.syncLocked()
	}
	return event, nil
}

// durable tells the events that are promised to somebody.
func durable(body hotline.EventBody) bool {
	switch body.(type) {
	case hotline.Ended, hotline.HandedOver:
		return true
	}
	return false
}

// open opens the file and finds out where it ends. j.mu is held.
func (j *journal) open() error {
	if j.file != nil {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(j.path), 0o700); err != nil {
		return err
	}
	if _, err := mendTail(j.path); errors.Is(err, fs.ErrNotExist) {
		j.fresh = true
	} else if err != nil {
		return err
	}
	raw, err := os.ReadFile(j.path)
	if err != nil && !j.fresh {
		return err
	}
	events, err := parseLines[hotline.Event](raw)
	if err != nil {
		return err
	}
	if n := len(events); n > 0 {
		j.seq = events[n-1].Seq
	}
	j.size = int64(len(raw))
	j.file, err = os.OpenFile(j.path, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
	return err
}

func (j *journal) sync() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.syncLocked()
}

// syncLocked brings the events to disk, and the names of a new file and its folders. j.mu is held.
func (j *journal) syncLocked() error {
	if !j.dirty {
		return nil
	}
	if err := j.file.Sync(); err != nil {
		return err
	}
	if j.fresh {
		if err := syncFolders(filepath.Dir(j.path), j.root); err != nil {
			return err
		}
	}
	j.dirty, j.fresh = false, false
	return nil
}

// retireIdle closes the file for good when it has been idle since t and all of it is on disk. It
// does not wait for an append: then the file is not idle.
func (j *journal) retireIdle(t time.Time) bool {
	if !j.mu.TryLock() {
		return false
	}
	defer j.mu.Unlock()
	if j.dirty || !j.used.Before(t) {
		return false
	}
	j.retired = true
	if j.file != nil {
		_ = j.file.Close() // synced before
	}
	return true
}

// retire brings everything to disk and closes the file for good.
func (j *journal) retire() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.retired {
		return nil
	}
	j.retired = true
	if j.file == nil {
		return nil
	}
	return errors.Join(j.syncLocked(), j.file.Close())
}

// syncFolders brings the names in dir and in the folders above it, up to root, to disk.
func syncFolders(dir, root string) error {
	for {
		f, err := os.Open(dir)
		if err != nil {
			return err
		}
		if err := errors.Join(f.Sync(), f.Close()); err != nil {
			return err
		}
		if dir == root || len(dir) <= len(root) {
			return nil
		}
		dir = filepath.Dir(dir)
	}
}

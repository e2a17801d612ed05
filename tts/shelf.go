package tts

import (
	"cmp"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"
)

// shelf keeps entries as files, one folder per first byte of the key, and throws the longest
// unused ones away when they take more than limit bytes. Pinned entries stay.
type shelf struct {
	dir   string
	limit int64

	mu     sync.Mutex
	files  map[key]*shelved
	size   int64
	pinned map[key]bool
}

type shelved struct {
	size int64
	used time.Time
}

const entrySuffix = ".prompt"

// openShelf makes dir when missing and takes stock of it. Files left half-written are removed.
func openShelf(dir string, limit int64) (*shelf, error) {
	s := &shelf{dir: dir, limit: limit, files: map[key]*shelved{}, pinned: map[key]bool{}}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("open prompt cache: %w", err)
	}
	root, err := filepath.EvalSymlinks(dir) // a link to a shared folder would not be walked
	if err != nil {
		return nil, fmt.Errorf("open prompt cache: %w", err)
	}
	err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		k, ok := keyOfPath(path)
		if !ok {
			if filepath.Ext(path) == ".tmp" {
				return os.Remove(path)
			}
			return nil
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		s.files[k] = &shelved{size: info.Size(), used: info.ModTime()}
		s.size += info.Size()
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("open prompt cache: %w", err)
	}
	return s, nil
}

func (s *shelf) path(k key) string {
	name := hex.EncodeToString(k[:])
	return filepath.Join(s.dir, name[:2], name+entrySuffix)
}

func keyOfPath(path string) (k key, ok bool) {
	name, found := cutSuffix(filepath.Base(path))
	if !found || len(name) != hex.EncodedLen(len(k)) {
		return k, false
	}
	_, err := hex.Decode(k[:], []byte(name))
	return k, err == nil
}

func cutSuffix(base string) (string, bool) {
	if filepath.Ext(base) != entrySuffix {
		return "", false
	}
	return base[:len(base)-len(entrySuffix)], true
}

// load returns the stored prompt and whether there is one. A file that cannot be used is removed
// and reported as an error.
func (s *shelf) load(k key) ([]int16, bool, error) {
	s.mu.Lock()
	file, ok := s.files[k]
	if ok {
		file.used = time.Now()
	}
	s.mu.Unlock()
	if !ok {
		return nil, false, nil
	}
	path := s.path(k)
	raw, err := os.ReadFile(path)
	if err == nil {
		var pcm []int16
		if pcm, err = decodeEntry(k, raw); err == nil {
			_ = os.Chtimes(path, time.Time{}, time.Now()) // remembers the use for the next start
			return pcm, true, nil
		}
	}
	s.mu.Lock()
	s.remove(k)
	s.mu.Unlock()
	return nil, false, fmt.Errorf("load prompt %s: %w", filepath.Base(path), err)
}

// save stores a prompt under its final name only when it is whole, then makes room.
func (s *shelf) save(k key, pcm []int16) error {
	path, raw := s.path(k), encodeEntry(k, pcm)
	if err := writeAtomically(path, raw); err != nil {
		return fmt.Errorf("save prompt: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if old, ok := s.files[k]; ok {
		s.size -= old.size
	}
	s.files[k] = &shelved{size: int64(len(raw)), used: time.Now()}
	s.size += int64(len(raw))
	s.makeRoom(k)
	return nil
}

func writeAtomically(path string, raw []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), "*.tmp")
	if err != nil {
		return err
	}
	_, err = f.Write(raw)
	if closing := f.Close(); err == nil {
		err = closing
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		_ = os.Remove(f.Name())
	}
	return err
}

func (s *shelf) pin(k key) {
	s.mu.Lock()
	s.pinned[k] = true
	s.mu.Unlock()
}

// makeRoom removes the longest unused entries until a tenth of the limit is free, so that a full
// shelf is not sorted for every prompt. kept is never removed. s.mu is held.
func (s *shelf) makeRoom(kept key) {
	if s.size <= s.limit {
		return
	}
	var loose []key
	for k := range s.files {
		if k != kept && !s.pinned[k] {
			loose = append(loose, k)
		}
	}
	slices.SortFunc(loose, func(a, b key) int {
		return cmp.Or(s.files[a].used.Compare(s.files[b].used), slices.Compare(a[:], b[:]))
	})
	for _, k := range loose {
		if s.size <= s.limit-s.limit/10 {
			return
		}
		s.remove(k)
	}
}

// remove forgets an entry and its file. s.mu is held.
func (s *shelf) remove(k key) {
	if file, ok := s.files[k]; ok {
		s.size -= file.size
		delete(s.files, k)
		_ = os.Remove(s.path(k))
	}
}

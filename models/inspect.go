package models

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hotline-cc/hotline"
)

// State is what a look at a model's file tells.
type State string

// The states of a model. List looks at sizes only; Verify reads every byte.
const (
	StateMissing   State = "missing"
	StateInstalled State = "installed"
	StateBroken    State = "broken"   // size or checksum is wrong
	StateUnpinned  State = "unpinned" // a file of the operator's, without a published checksum
)

// Entry is one line of a list of models.
type Entry struct {
	Model
	State State
	Path  string // of the file, whether it is there or not
	Bytes int64  // on disk
}

// List returns the models of the catalogue, then the other model files in the folder by name.
func (s *Store) List() ([]Entry, error) {
	var list []Entry
	for _, m := range s.catalogue {
		e := Entry{Model: m, Path: s.file(m), State: StateMissing}
		info, err := os.Stat(e.Path)
		switch {
		case err == nil && m.Size > 0 && info.Size() != m.Size:
			e.State, e.Bytes = StateBroken, info.Size()
		case err == nil:
			e.State, e.Bytes = StateInstalled, info.Size()
		case !errors.Is(err, fs.ErrNotExist):
			return nil, fmt.Errorf("list models: %w", err)
		}
		list = append(list, e)
	}
	own, err := os.ReadDir(s.dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("list models: %w", err)
	}
	for _, f := range own {
		name := f.Name()
		if _, known := s.find(name); known || f.IsDir() || !slices.Contains([]string{".bin", ".onnx"}, filepath.Ext(name)) {
			continue
		}
		e := Entry{Model: Model{Name: name, File: name, Kind: KindASR}, State: StateUnpinned, Path: filepath.Join(s.dir, name)}
		if info, err := f.Info(); err == nil {
			e.Bytes = info.Size()
		}
		list = append(list, e)
	}
	return list, nil
}

// Verify reads the named models, or all that are installed when none is named, and returns what
// it found. A broken or missing model is in the result, not in the error.
func (s *Store) Verify(ctx context.Context, names ...string) ([]Entry, error) {
	list, err := s.List()
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		if !slices.ContainsFunc(list, func(e Entry) bool { return e.Name == name }) {
			return nil, hotline.Errorf("verify models", hotline.CodeInvalid, "没有模型 %[1]q (no model %[1]q)", name)
		}
	}
	var checked []Entry
	for _, e := range list {
		if len(names) > 0 && !slices.Contains(names, e.Name) || len(names) == 0 && e.State == StateMissing {
			continue
		}
		if e.State == StateInstalled {
			if err := verifyFile(ctx, e.Path, e.Model); err != nil {
				if !errors.Is(err, errChecksum) {
					return nil, fmt.Errorf("verify %s: %w", e.Name, err)
				}
				e.State = StateBroken
			}
		}
		checked = append(checked, e)
	}
	return checked, nil
}

// Import copies a model file into the folder. A file with the checksum of a catalogue entry
// becomes that model, whatever it was called; another ggml or ONNX file keeps its name and counts as
// unpinned, unless that name belongs to the catalogue.
func (s *Store) Import(ctx context.Context, path string) (Entry, error) {
	fail := func(err error) (Entry, error) { return Entry{}, fmt.Errorf("import %s: %w", path, err) }
	if err := os.MkdirAll(s.dir, 0o755); err != nil {
		return fail(err)
	}
	unlock, err := lockDir(ctx, s.dir, newProgress(nil))
	if err != nil {
		return fail(err)
	}
	defer unlock()
	source, err := os.Open(path)
	if err != nil {
		return fail(err)
	}
	defer func() { _ = source.Close() }()
	copied, err := os.CreateTemp(s.dir, ".import-*")
	if err != nil {
		return fail(err)
	}
	defer func() { _ = os.Remove(copied.Name()) }() // gone by then when all went well
	sha256sum, sha1sum := newChecksum(Model{SHA256: "-"}), newChecksum(Model{})
	n, err := io.Copy(io.MultiWriter(copied, sha256sum, sha1sum), contextReader{ctx, source})
	if err = errors.Join(err, copied.Chmod(0o644), copied.Sync(), copied.Close()); err != nil {
		return fail(err)
	}
	e := Entry{
		Model: Model{Name: filepath.Base(path), File: filepath.Base(path), Kind: KindASR, Size: n, SHA256: hex.EncodeToString(sha256sum.Sum(nil))},
		State: StateUnpinned, Bytes: n,
	}
	for _, m := range s.catalogue {
		if m.SHA256 == e.SHA256 || m.SHA256 == "" && m.SHA1 == hex.EncodeToString(sha1sum.Sum(nil)) {
			e.Model, e.State = m, StateInstalled
			break
		}
	}
	if e.State == StateUnpinned {
		if err := s.acceptUnpinned(copied.Name(), e.File); err != nil {
			return fail(err)
		}
	}
	e.Path = s.file(e.Model)
	if err := os.MkdirAll(filepath.Dir(e.Path), 0o755); err != nil {
		return fail(err)
	}
	if err := install(copied.Name(), e.Path); err != nil {
		return fail(err)
	}
	return e, nil
}

// acceptUnpinned refuses what is no model and what would pass for one of the catalogue.
func (s *Store) acceptUnpinned(path, name string) error {
	if m, known := s.find(name); known {
		return hotline.Errorf("check", hotline.CodeInvalid,
			"与目录中的 %[1]s 校验和不符，请改名后再导入 (not the file of %[1]s: rename it to import it all the same)", m.Name)
	}
	if strings.HasSuffix(name, ".onnx") {
		return nil
	}
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	magic := make([]byte, 4)
	if _, err := io.ReadFull(f, magic); err != nil || string(magic) != "lmgg" || !strings.HasSuffix(name, ".bin") {
		return hotline.Errorf("check", hotline.CodeInvalid, "不是 ggml .bin 或 .onnx 模型文件 (neither a ggml .bin nor an .onnx file)")
	}
	return nil
}

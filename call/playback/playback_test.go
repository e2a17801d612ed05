package playback

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"math"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/call/record"
	"github.com/hotline-cc/hotline/media"
	"github.com/hotline-cc/hotline/media/wav"
)

const rate = 8000

// written is a recording with the left and right sound of its segments, and gaps before each.
func written(t *testing.T, open bool, segments ...[][2]int16) string {
	t.Helper()
	dir := t.TempDir()
	m := record.Manifest{Version: 2, Conversation: hotline.NewConversationID(time.Now()), Start: time.Now(), Rate: rate, Closed: time.Now()}
	at := int64(0)
	for i, sound := range segments {
		var pcm []int16
		for _, frame := range sound {
			pcm = append(pcm, frame[:]...)
		}
		at += int64(i) // a gap of i samples
		name := string(rune('a'+i)) + ".wav"
		if err := os.WriteFile(filepath.Join(dir, name), wav.Append(nil, pcm, media.Format{Rate: rate, Channels: 2}), 0o600); err != nil {
			t.Fatal(err)
		}
		m.Segments = append(m.Segments, record.Segment{File: name, Start: at, Samples: int64(len(sound)), SHA256: "known", Channels: []string{"caller", "hotline"}})
		at += int64(len(sound))
	}
	if open {
		last := &m.Segments[len(m.Segments)-1]
		last.Samples, last.SHA256, m.Closed = 0, "", time.Time{}
	}
	raw, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, record.ManifestName), raw, 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

func opened(t *testing.T, dir string) *Recording {
	t.Helper()
	r, err := Open(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// heard returns the samples of a channel.
func heard(t *testing.T, r *Recording, channel int) []int16 {
	t.Helper()
	reader := r.Reader(channel)
	defer reader.Close()
	pcm, format, err := wav.Read(reader)
	if err != nil {
		t.Fatal(err)
	}
	if format != media.Mono(rate) {
		t.Errorf("format %v", format)
	}
	return pcm
}

func TestChannelsAndMixAreHeard(t *testing.T) {
	segments := [][][2]int16{{{1, 10}, {2, 20}}, {{30000, 10000}, {-30000, -10000}}, {{5, -5}}}
	for name, open := range map[string]bool{"closed": false, "still recording": true} {
		t.Run(name, func(t *testing.T) {
			r := opened(t, written(t, open, segments...))
			for channel, want := range map[int][]int16{
				0:   {1, 2, 0, 30000, -30000, 0, 0, 5},
				1:   {10, 20, 0, 10000, -10000, 0, 0, -5},
				Mix: {11, 22, 0, math.MaxInt16, math.MinInt16, 0, 0, 0},
			} {
				if diff := cmp.Diff(want, heard(t, r, channel)); diff != "" {
					t.Errorf("channel %d (-want +got):\n%s", channel, diff)
				}
			}
			if want := time.Millisecond; r.Duration() != want {
				t.Errorf("lasts %v, want %v", r.Duration(), want)
			}
		})
	}
}

// noise is sound for several blocks.
func noise(n int) [][2]int16 {
	rnd := rand.New(rand.NewPCG(1, 1))
	sound := make([][2]int16, n)
	for i := range sound {
		sound[i] = [2]int16{int16(rnd.Uint32()), int16(rnd.Uint32())}
	}
	return sound
}

func TestAnyPartIsReadAsTheWhole(t *testing.T) {
	r := opened(t, written(t, false, noise(3*block), noise(block+1), noise(7)))
	reader := r.Reader(Mix)
	defer reader.Close()
	whole, err := io.ReadAll(reader)
	if err != nil {
		t.Fatal(err)
	}
	if int64(len(whole)) != reader.Size() {
		t.Errorf("%d bytes, want %d", len(whole), reader.Size())
	}
	if _, err := reader.Seek(0, io.SeekStart); err != nil {
		t.Fatal(err)
	}
	if err := iotest.TestReader(reader, whole); err != nil {
		t.Error(err)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		sound := r.Reader(Mix)
		defer sound.Close()
		http.ServeContent(w, q, "x.wav", time.Time{}, sound)
	}))
	defer server.Close()
	for spec, want := range map[string][]byte{
		"bytes=0-0": whole[:1], "bytes=43-46": whole[43:47], "bytes=1001-50000": whole[1001:50001], "bytes=-3": whole[len(whole)-3:],
	} {
		q, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL, nil)
		if err != nil {
			t.Fatal(err)
		}
		q.Header.Set("Range", spec)
		response, err := http.DefaultClient.Do(q)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(response.Body)
		_ = response.Body.Close()
		if err != nil || response.StatusCode != http.StatusPartialContent || response.ContentLength != int64(len(want)) || !bytes.Equal(got, want) {
			t.Errorf("%s: status %d, %d bytes of %d, %v", spec, response.StatusCode, len(got), len(want), err)
		}
	}
}

func TestARecordingIsFoundByItsConversation(t *testing.T) {
	root := t.TempDir()
	midnight := time.Date(2026, 11, 24, 23, 59, 59, 999e6, time.Local)
	same, next, none := hotline.NewConversationID(midnight), hotline.NewConversationID(midnight), hotline.NewConversationID(midnight)
	for conv, day := range map[hotline.ConversationID]string{same: "24", next: "25"} {
		want := filepath.Join("2026", "11", day, string(conv))
		if err := os.MkdirAll(filepath.Join(root, want), 0o700); err != nil {
			t.Fatal(err)
		}
		if got := Find(root, conv); got != want {
			t.Errorf("found in %q, want %q", got, want)
		}
	}
	for _, conv := range []hotline.ConversationID{none, "../../etc", ""} {
		if got := Find(root, conv); got != "" {
			t.Errorf("%q found in %q", conv, got)
		}
	}
}

func TestPeaksAreTheLoudestOfTheirTime(t *testing.T) {
	sound := make([][2]int16, rate) // a second: 20 windows
	sound[0] = [2]int16{math.MinInt16, 128}
	sound[rate/2] = [2]int16{0, math.MaxInt16}
	sound[rate-1] = [2]int16{16384, 0}
	want := [][]float64{{1, 0, 0, 128. / 255}, {1. / 255, 0, 1, 0}}
	dir := written(t, false, sound)
	for _, name := range []string{"measured", "kept"} {
		got, err := opened(t, dir).Peaks(t.Context(), 4)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		if _, err := os.Stat(filepath.Join(dir, PeaksName)); err != nil {
			t.Error(err)
		}
	}
	// A kept file that does not fit the recording is not believed.
	if err := os.WriteFile(filepath.Join(dir, PeaksName), []byte{1, 2, 3}, 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := opened(t, dir).Peaks(t.Context(), 1); err != nil || !cmp.Equal(got, [][]float64{{1}, {1}}) {
		t.Errorf("after damage: %v, %v", got, err)
	}
	if got, err := opened(t, dir).Peaks(t.Context(), 1<<30); err != nil || len(got[0]) != 20 {
		t.Errorf("%d peaks of a second, %v", len(got[0]), err)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := opened(t, written(t, true, sound)).Peaks(gone, 1); err == nil {
		t.Error("peaks for nobody")
	}
}

func TestWhatCannotBeHeardIsNamed(t *testing.T) {
	if _, err := Open(t.TempDir(), nil); hotline.CodeOf(err) != hotline.CodeNotFound {
		t.Errorf("nothing there: %v", err)
	}
	dir := written(t, false, noise(5))
	if _, err := opened(t, dir).Channel("agent"); hotline.CodeOf(err) != hotline.CodeNotFound {
		t.Errorf("a channel that is not there: %v", err)
	}
	if err := os.Truncate(filepath.Join(dir, "a.wav"), 50); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(opened(t, dir).Reader(0)); err == nil {
		t.Error("a cut segment was read to its end")
	}
}

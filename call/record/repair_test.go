package record

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/internal/testkit/reexec"
	"github.com/hotline-cc/hotline/media"
	"github.com/hotline-cc/hotline/media/wav"
)

// childVariable makes the test binary a recorder that is to be killed; it holds the root.
const childVariable = "RECORD_TEST_ROOT"

// tickClock goes on with the ticks, so that none is ever late.
type tickClock struct {
	media.SystemClock
	began time.Time
	ticks atomic.Int64
}

func (c *tickClock) Now() time.Time { return c.began.Add(time.Duration(c.ticks.Load()) * media.Tick) }

// recordUntilKilled records in real time and writes a byte for every tick it has given.
func recordUntilKilled() {
	conv := hotline.NewConversationID(time.Now())
	clock := &tickClock{began: time.Now()}
	r, err := New(Config{Root: os.Getenv(childVariable), Conversation: conv, Rate: testRate, Segment: time.Second, Clock: clock})
	if err != nil {
		panic(err)
	}
	fmt.Println(conv)
	go func() { panic(r.Run(context.Background())) }()
	beat := time.NewTicker(20 * time.Millisecond)
	for n := 0; ; n++ {
		<-beat.C
		switch n { // a third party joins and leaves
		case 50:
			_ = r.SetOthers("agent:li")
		case 100:
			_ = r.SetOthers()
		}
		clock.ticks.Store(int64(n))
		r.TickAll(sides(n, len(r.ring.channels)))
		_, _ = os.Stdout.Write([]byte{'.'})
	}
}

func TestKilledAtAnyMomentEverythingButASecondCanBePlayed(t *testing.T) {
	root := t.TempDir()
	given := map[hotline.ConversationID]int{}
	var mu sync.Mutex
	var wg sync.WaitGroup
	turns := make(chan struct{}, 5) // at a time, or they starve each other
	for range 20 {
		wg.Go(func() {
			turns <- struct{}{}
			defer func() { <-turns }()
			conv, ticks := killAfter(t, root, 20+rand.IntN(120))
			mu.Lock()
			given[conv] = ticks
			mu.Unlock()
		})
	}
	wg.Wait()
	done, err := Repair(root, nil, nil)
	if err != nil || len(done.Quarantined) != 0 {
		t.Fatalf("repaired %+v, error %v", done, err)
	}
	for conv, ticks := range given {
		dirs, err := filepath.Glob(filepath.Join(root, "*", "*", "*", string(conv)))
		if err != nil || len(dirs) > 1 {
			t.Fatalf("folders of %s: %v, %v", conv, dirs, err)
		}
		if len(dirs) == 0 {
			if ticks > 50 {
				t.Errorf("nothing is left of %d ticks", ticks)
			}
			continue
		}
		if got := playable(t, dirs[0]); got < ticks-50 || got > ticks+1 {
			t.Errorf("%d of %d ticks are left", got, ticks)
		}
	}
}

// killAfter starts a recorder, kills it after so many ticks, and returns how many it had given.
func killAfter(t *testing.T, root string, ticks int) (hotline.ConversationID, int) {
	process, conv, err := reexec.Start(t, childVariable, root)
	if err != nil {
		t.Error(err)
		return "", 0
	}
	if _, err := io.CopyN(io.Discard, process.Out, int64(ticks)); err != nil {
		t.Error(err)
	}
	return hotline.ConversationID(conv), ticks + int(process.Kill())
}

// playable checks a repaired recording and returns its ticks.
func playable(t *testing.T, dir string) int {
	t.Helper()
	m, err := ReadManifest(dir)
	if err != nil {
		t.Error(err)
		return 0
	}
	if !m.Recovered || m.Closed.IsZero() {
		t.Errorf("manifest %+v", m)
	}
	ticks := 0
	for _, s := range m.Segments {
		format := media.Format{Rate: testRate, Channels: len(s.Channels)}
		for pcm := range slices.Chunk(wavSound(t, filepath.Join(dir, s.File), format), format.TickSamples()) {
			want := make([]int16, format.TickSamples())
			interleave(want, sides(ticks, format.Channels), format.Channels)
			if !slices.Equal(pcm, want) {
				t.Fatalf("position %d does not hold its tick", ticks)
			}
			ticks++
		}
	}
	return ticks
}

// crashed makes a recording of 9 s in segments of 6 s as a crash leaves it. An agent joins at a tick;
// 0 is never.
func crashed(t *testing.T, joins int) (root, dir string) {
	var r *Recorder
	root = t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		r = newRecorder(t, Config{Root: root, Segment: 6 * time.Second})
		stop := run(t, r)
		talk(r, 0, joins)
		if joins > 0 {
			setOthers(t, r, "agent:li")
		}
		talk(r, joins, 9*50)
		synctest.Wait()
		unfinished, err := os.ReadFile(filepath.Join(r.Dir(), ManifestName))
		if err != nil {
			t.Fatal(err)
		}
		stop()
		if err := os.WriteFile(filepath.Join(r.Dir(), ManifestName), unfinished, 0o600); err != nil {
			t.Fatal(err)
		}
	})
	mark := openMark(root, r.writer.cfg.Conversation)
	place, err := filepath.Rel(root, r.Dir())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(mark, []byte(place), 0o600); err != nil {
		t.Fatal(err)
	}
	return root, r.Dir()
}

func TestRepairMendsWhatACrashLeft(t *testing.T) {
	first := Segment{File: "0001.wav", Samples: 6 * testRate, Channels: both}
	second := Segment{File: "0002.wav", Start: 6 * testRate, Samples: 3 * testRate, Channels: both}
	for name, tc := range map[string]struct {
		damage      func(t *testing.T, dir string)
		segments    []Segment
		quarantined []string
	}{
		"nothing else": {func(*testing.T, string) {}, []Segment{first, second}, nil},
		"header of before": {func(t *testing.T, dir string) {
			patch(t, filepath.Join(dir, "0002.wav"), func(b []byte) []byte { copy(b, header(stereo, 0)); return b })
		}, []Segment{first, second}, nil},
		"half a sample at the end": {func(t *testing.T, dir string) {
			patch(t, filepath.Join(dir, "0002.wav"), func(b []byte) []byte { return append(b, 1, 2, 3) })
		}, []Segment{first, second}, nil},
		"no manifest": {func(t *testing.T, dir string) {
			if err := os.Remove(filepath.Join(dir, ManifestName)); err != nil {
				t.Fatal(err)
			}
		}, []Segment{first, second}, nil},
		"torn manifest": {func(t *testing.T, dir string) {
			patch(t, filepath.Join(dir, ManifestName), func(b []byte) []byte { return b[:len(b)/2] })
		}, []Segment{first, second}, nil},
		"last segment not begun": {func(t *testing.T, dir string) {
			patch(t, filepath.Join(dir, "0002.wav"), func([]byte) []byte { return nil })
		}, []Segment{first}, nil},
		"last segment garbled": {func(t *testing.T, dir string) {
			patch(t, filepath.Join(dir, "0002.wav"), func(b []byte) []byte { copy(b, "RIFX"); return b })
		}, []Segment{first}, []string{"0002.wav"}},
	} {
		t.Run(name, func(t *testing.T) {
			root, dir := crashed(t, 0)
			tc.damage(t, dir)
			done, err := Repair(root, nil, nil)
			if err != nil {
				t.Fatal(err)
			}
			if done.Recordings != 1 || len(done.Quarantined) != len(tc.quarantined) {
				t.Errorf("repaired %+v", done)
			}
			for _, path := range done.Quarantined {
				if _, err := os.Stat(path); err != nil {
					t.Error(err)
				}
			}
			m, err := ReadManifest(dir)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.segments, m.Segments, cmpopts.IgnoreFields(Segment{}, "SHA256")); diff != "" {
				t.Errorf("segments (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tc.quarantined, m.Quarantined); diff != "" {
				t.Errorf("quarantined (-want +got):\n%s", diff)
			}
			samples := int64(0)
			for _, s := range tc.segments {
				samples += s.Samples
			}
			if got := playable(t, dir); int64(got)*testRate/50 != samples {
				t.Errorf("%d ticks can be played, want %d samples", got, samples)
			}
			again, err := Repair(root, nil, nil)
			if err != nil || again.Recordings != 0 {
				t.Errorf("repaired again: %+v, %v", again, err)
			}
		})
	}
}

func patch(t *testing.T, path string, change func([]byte) []byte) {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, change(raw), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestRepairRemovesARecordingWithoutSound(t *testing.T) {
	root, dir := crashed(t, 0)
	if err := os.Remove(filepath.Join(dir, "0002.wav")); err != nil {
		t.Fatal(err)
	}
	patch(t, filepath.Join(dir, "0001.wav"), func([]byte) []byte { return header(stereo, 0) })
	if err := os.Rename(filepath.Join(dir, ManifestName), filepath.Join(dir, ManifestName+".tmp")); err != nil {
		t.Fatal(err)
	}
	done, err := Repair(root, nil, nil)
	if err != nil || done.Recordings != 1 || len(done.Quarantined) != 0 {
		t.Errorf("repaired %+v, error %v", done, err)
	}
	for _, gone := range []string{dir, openMark(root, hotline.ConversationID(filepath.Base(dir)))} {
		if _, err := os.Stat(gone); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s is still there: %v", gone, err)
		}
	}
}

func TestRepairOfNothingAndOfForeignMarks(t *testing.T) {
	root := t.TempDir()
	if done, err := Repair(root, nil, nil); err != nil || done.Recordings != 0 {
		t.Errorf("empty root: %+v, %v", done, err)
	}
	id := hotline.NewConversationID(time.Now())
	for name, content := range map[string]string{
		string(id):                  "../../elsewhere/" + string(id),
		"not-an-identifier":         "2026/11/24/x",
		string(id[:25]) + "0":       "",
		string(id[:24]) + "0" + "4": "2026/11/24/" + string(id[:24]) + "04",
	} {
		mark := openMark(root, hotline.ConversationID(name))
		if err := os.MkdirAll(filepath.Dir(mark), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(mark, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	done, err := Repair(root, nil, nil)
	if err == nil || done.Recordings != 2 {
		t.Errorf("repaired %+v, error %v; want the two marks without a recording cleared, the others refused", done, err)
	}
}

func FuzzMendSegment(f *testing.F) {
	f.Add(append(header(stereo, 8), 1, 2, 3, 4, 5, 6, 7, 8, 9))
	f.Add(append(header(media.Format{Rate: testRate, Channels: 3}, 6), 1, 2, 3, 4, 5, 6, 7))
	f.Add([]byte("RIFF"))
	path := filepath.Join(f.TempDir(), "x.wav")
	f.Fuzz(func(t *testing.T, raw []byte) {
		if err := os.WriteFile(path, raw, 0o600); err != nil {
			t.Fatal(err)
		}
		format, samples, err := mendSegment(Plain{}, path)
		if err != nil {
			return
		}
		mended, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		size := samples * frameSize(format.Channels)
		want := append(header(format, size), raw[wav.HeaderSize:wav.HeaderSize+size]...)
		if diff := cmp.Diff(want, mended); diff != "" {
			t.Fatalf("mended file (-want +got):\n%s", diff)
		}
	})
}

func FuzzParseManifest(f *testing.F) {
	for _, v := range []int{1, 2} {
		raw, err := json.Marshal(Manifest{Version: v, Rate: testRate, Segments: []Segment{{File: "0001.wav", Channels: both}}})
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		m, err := parseManifest(raw)
		if err != nil {
			return
		}
		for _, s := range m.Segments {
			if strings.ContainsRune(s.File, filepath.Separator) || s.File == ".." {
				t.Fatalf("segment outside the folder: %q", s.File)
			}
			if len(s.Channels) < 2 || len(s.Channels) > MaxChannels {
				t.Fatalf("segment with channels %q", s.Channels)
			}
		}
	})
}

package record

import (
	"context"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/media"
	"github.com/hotline-cc/hotline/media/wav"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if os.Getenv(childVariable) != "" {
		recordUntilKilled()
	}
	goleak.VerifyTestMain(m)
}

const testRate = 8000

// The format and the channels of a segment with the two sides that are always there.
var (
	stereo = media.Format{Rate: testRate, Channels: 2}
	both   = []string{Caller, Hotline}
)

// tickSound is the n-th tick of a side: samples that tell their own place.
func tickSound(n int, side int16) []int16 {
	pcm := make([]int16, testRate/50)
	for i := range pcm {
		pcm[i] = int16((n*len(pcm)+i)%16000) + 1 + side*16000
	}
	return pcm
}

// left and right are the sides of tickSound.
const (
	left  = 0
	right = 1
)

func newRecorder(t *testing.T, cfg Config) *Recorder {
	t.Helper()
	if cfg.Root == "" {
		cfg.Root = t.TempDir()
	}
	cfg.Conversation, cfg.Codec = hotline.NewConversationID(time.Now()), "PCMA"
	if cfg.Rate == 0 {
		cfg.Rate = testRate
	}
	r, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// run starts the recorder and returns how to end it. It is called in a synctest bubble.
func run(t *testing.T, r *Recorder) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := r.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	return func() {
		cancel()
		wg.Wait()
	}
}

// feed gives ticks from…to in their own time.
func feed(r *Recorder, from, to int) {
	for n := from; n < to; n++ {
		r.Tick(tickSound(n, left), tickSound(n, right))
		time.Sleep(20 * time.Millisecond)
	}
}

// wavSound reads a WAV strictly: its format and sizes must be these and agree with its length.
func wavSound(t *testing.T, path string, format media.Format) (pcm []int16) {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if len(raw) < wav.HeaderSize {
		t.Fatalf("%s has %d bytes", path, len(raw))
	}
	if diff := cmp.Diff(header(format, int64(len(raw)-wav.HeaderSize)), raw[:wav.HeaderSize]); diff != "" {
		t.Errorf("header of %s (-want +got):\n%s", path, diff)
	}
	for b := raw[wav.HeaderSize:]; len(b) > 0; b = b[2:] {
		pcm = append(pcm, int16(binary.LittleEndian.Uint16(b)))
	}
	return pcm
}

// exported returns the whole recording as ticks of stereo samples.
func exported(t *testing.T, r *Recorder) [][]int16 {
	t.Helper()
	path := filepath.Join(t.TempDir(), "all.wav")
	if err := Concat(r.Dir(), path, nil); err != nil {
		t.Fatal(err)
	}
	return slices.Collect(slices.Chunk(wavSound(t, path, stereo), testRate/25))
}

// stereoTick is what tick n looks like on disk; negative n is silence.
func stereoTick(n int) []int16 {
	pcm := make([]int16, testRate/25)
	if n >= 0 {
		interleave(pcm, [][]int16{tickSound(n, left), tickSound(n, right)}, 2)
	}
	return pcm
}

// wantTicks compares a recording with ticks by number.
func wantTicks(t *testing.T, got [][]int16, want []int) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%d ticks, want %d", len(got), len(want))
	}
	for i := range min(len(got), len(want)) {
		if !slices.Equal(got[i], stereoTick(want[i])) {
			t.Fatalf("position %d does not hold tick %d", i, want[i])
		}
	}
}

// numbers returns from…to, with the holes silent.
func numbers(to int, silent func(n int) bool) []int {
	ns := make([]int, to)
	for n := range ns {
		ns[n] = n
		if silent(n) {
			ns[n] = -1
		}
	}
	return ns
}

func nothing(int) bool { return false }

func TestBothSidesAreKeptToTheSample(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const ticks = 25 * 50
		r := newRecorder(t, Config{Segment: 10 * time.Second})
		stop := run(t, r)
		feed(r, 0, ticks)
		stop()
		r.Tick(tickSound(0, left), nil) // a late tick after the end is no harm
		wantTicks(t, exported(t, r), numbers(ticks, nothing))
		m, err := ReadManifest(r.Dir())
		if err != nil {
			t.Fatal(err)
		}
		want := []Segment{
			{File: "0001.wav", Start: 0, Samples: 10 * testRate, Channels: both},
			{File: "0002.wav", Start: 10 * testRate, Samples: 10 * testRate, Channels: both},
			{File: "0003.wav", Start: 20 * testRate, Samples: 5 * testRate, Channels: both},
		}
		for i := range want {
			if want[i].SHA256, err = hashFile(filepath.Join(r.Dir(), want[i].File)); err != nil {
				t.Fatal(err)
			}
		}
		if diff := cmp.Diff(want, m.Segments); diff != "" {
			t.Errorf("segments (-want +got):\n%s", diff)
		}
		if m.Closed.Sub(m.Start) != 25*time.Second || m.Recovered || m.Lost != 0 {
			t.Errorf("manifest %+v", m)
		}
		if diff := cmp.Diff(Stats{Ticks: ticks}, r.Stats()); diff != "" {
			t.Errorf("stats (-want +got):\n%s", diff)
		}
		if open, err := os.ReadDir(filepath.Join(r.writer.cfg.Root, "open")); err != nil || len(open) != 0 {
			t.Errorf("still open: %v, %v", open, err)
		}
	})
}

// The pacer makes up for two ticks after a stall and leaves out the others.
func TestARecordingKeepsToTheClockWhenTheMachineStalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRecorder(t, Config{})
		stop := run(t, r)
		feed(r, 0, 50)
		time.Sleep(time.Second)
		r.Tick(tickSound(99, left), tickSound(99, right))
		feed(r, 100, 150)
		time.Sleep(media.Tick) // two at once are no stall
		r.Tick(tickSound(150, left), tickSound(150, right))
		r.Tick(tickSound(151, left), tickSound(151, right))
		feed(r, 152, 160)
		stop()
		wantTicks(t, exported(t, r), numbers(160, func(n int) bool { return n >= 50 && n < 99 }))
		if s := r.Stats(); s.Lost != 0 {
			t.Errorf("%+v: what never was cannot be lost", s)
		}
	})
}

func TestWhileRecordingTheFileHoldsAllButTheLastSecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRecorder(t, Config{})
		stop := run(t, r)
		defer stop()
		for _, seconds := range []int{1, 2, 7} {
			feed(r, int(r.Stats().Ticks), seconds*50)
			synctest.Wait()
			got := len(wavSound(t, filepath.Join(r.Dir(), "0001.wav"), stereo)) / 2
			if got < (seconds-1)*testRate || got == 0 {
				t.Errorf("%d samples in the file after %d s", got, seconds)
			}
		}
	})
}

func TestPausedPassagesAreSilentAndNoted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRecorder(t, Config{})
		stop := run(t, r)
		feed(r, 0, 60)
		r.Pause()
		feed(r, 60, 130)
		r.Resume()
		feed(r, 130, 200)
		stop()
		wantTicks(t, exported(t, r), numbers(200, func(n int) bool { return n >= 60 && n < 130 }))
		m, err := ReadManifest(r.Dir())
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]Passage{{Start: 60 * testRate / 50, Samples: 70 * testRate / 50}}, m.Muted); diff != "" {
			t.Errorf("muted (-want +got):\n%s", diff)
		}
	})
}

func TestShortAndMissingSidesAreSilence(t *testing.T) {
	r := newRing(testRate, []string{Caller, Hotline, "agent"})
	r.push([][]int16{{5, 6}, nil}, mark{})
	r.pop(func(pcm []int16, _ mark) {
		want := make([]int16, 3*testRate/50)
		want[0], want[3] = 5, 6
		if diff := cmp.Diff(want, pcm); diff != "" {
			t.Errorf("tick (-want +got):\n%s", diff)
		}
	})
}

func TestTicksTheWriterMissesBecomeSilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var alarms []error
		r := newRecorder(t, Config{Alarm: func(err error) { alarms = append(alarms, err) }})
		feed(r, 0, ringTicks+100)
		stop := run(t, r)
		time.Sleep(time.Second) // a stall of 49 ticks, beside the one that is made up for
		feed(r, ringTicks+149, ringTicks+249)
		stop()
		wantTicks(t, exported(t, r), numbers(ringTicks+249, func(n int) bool {
			return n >= ringTicks && n < ringTicks+149
		}))
		if diff := cmp.Diff(Stats{Ticks: ringTicks + 200, Lost: 100}, r.Stats()); diff != "" {
			t.Errorf("stats (-want +got):\n%s", diff)
		}
		if len(alarms) != 2 || !errors.Is(alarms[0], errBehind) || alarms[1] != nil {
			t.Errorf("alarms %v", alarms)
		}
	})
}

// smallDisk is a Sealer whose disk takes so many bytes.
type smallDisk struct {
	Plain
	mu   sync.Mutex
	room int
}

func (d *smallDisk) Create(path string) (File, error) {
	f, err := d.Plain.Create(path)
	return &smallFile{f, d}, err
}

type smallFile struct {
	File
	disk *smallDisk
}

func (f *smallFile) Write(p []byte) (int, error) {
	f.disk.mu.Lock()
	defer f.disk.mu.Unlock()
	if len(p) == wav.HeaderSize { // written over what is there
		return f.File.Write(p)
	}
	n, err := f.File.Write(p[:min(len(p), f.disk.room)])
	f.disk.room -= n
	if err == nil && n < len(p) {
		err = syscall.ENOSPC
	}
	return n, err
}

func TestFullDiskLosesOnlyWhatItRefuses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var alarms []error
		disk := &smallDisk{room: 10*testRate*4 + 1001}
		r := newRecorder(t, Config{Sealer: disk, Alarm: func(err error) { alarms = append(alarms, err) }})
		stop := run(t, r)
		feed(r, 0, 20*50)
		synctest.Wait()
		if len(alarms) != 1 || !errors.Is(alarms[0], syscall.ENOSPC) {
			t.Fatalf("alarms while full: %v", alarms)
		}
		disk.mu.Lock()
		disk.room = 1 << 30
		disk.mu.Unlock()
		feed(r, 20*50, 40*50)
		stop()
		if len(alarms) != 2 || alarms[1] != nil {
			t.Errorf("alarms %v", alarms)
		}
		got := exported(t, r)
		if len(got) != 40*50 {
			t.Fatalf("%d ticks, want %d", len(got), 40*50)
		}
		kept := 0
		for n, tick := range got {
			switch {
			case slices.Equal(tick, stereoTick(n)):
				kept++
			case !slices.Equal(tick, stereoTick(-1)):
				t.Fatalf("position %d holds neither its tick nor silence", n)
			}
		}
		if lost := int(r.Stats().Lost); kept+lost != 40*50 || lost > 16*50 {
			t.Errorf("%d ticks kept, %d lost", kept, lost)
		}
	})
}

func TestRecordersThatCannotWorkAreRefused(t *testing.T) {
	id := hotline.NewConversationID(time.Now())
	for _, cfg := range []Config{
		{Conversation: id, Rate: 8000},
		{Root: "r", Conversation: "../x", Rate: 8000},
		{Root: "r", Conversation: id, Rate: 7999},
		{Root: "r", Conversation: id, Rate: 11025},
		{Root: "r", Conversation: id, Rate: 8000, Segment: time.Millisecond},
	} {
		if _, err := New(cfg); hotline.CodeOf(err) != hotline.CodeInvalid {
			t.Errorf("%+v: error %v", cfg, err)
		}
	}
}

func TestTickDoesNotAllocate(t *testing.T) {
	r := newRecorder(t, Config{})
	in, out := tickSound(1, left), tickSound(1, right)
	if n := testing.AllocsPerRun(2*ringTicks, func() { r.Tick(in, out) }); n != 0 {
		t.Errorf("%v allocations per tick", n)
	}
}

func BenchmarkTick(b *testing.B) {
	r, err := New(Config{Root: b.TempDir(), Conversation: hotline.NewConversationID(time.Now()), Rate: 16000})
	if err != nil {
		b.Fatal(err)
	}
	in, out := make([]int16, 320), make([]int16, 320)
	b.ReportAllocs()
	for b.Loop() {
		r.Tick(in, out)
		r.ring.pop(func([]int16, mark) {})
	}
}

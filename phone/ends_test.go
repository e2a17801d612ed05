package phone

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hotline-cc/hotline/media"
	"github.com/hotline-cc/hotline/media/wav"
)

// stepClock is moved by its test.
type stepClock struct{ now time.Time }

func (c *stepClock) Now() time.Time                       { return c.now }
func (c *stepClock) After(time.Duration) <-chan time.Time { return nil }

func newRecorder(t testing.TB, clock media.Clock) *Recorder {
	t.Helper()
	r, err := NewRecorder(media.Mono(rate), 0, clock)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func newPlayer(t testing.TB, rate int, clock media.Clock) *Player {
	t.Helper()
	p, err := NewPlayer(media.Mono(rate), clock)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestVoicedFindsTheEdgesOfSpeech(t *testing.T) {
	const ms = time.Millisecond
	hum := tone(100*ms, rate)
	for i := range hum {
		hum[i] /= 40 // 32 dB below the voice
	}
	click := silence(100*ms, rate)
	click[400] = 32000
	voice := tone(200*ms, rate)
	for name, c := range map[string]struct {
		pcm        []int16
		first, end time.Duration
	}{
		"nothing":              {nil, 0, 0},
		"silence":              {silence(time.Second, rate), 0, 0},
		"a click":              {click, 0, 0},
		"voice only":           {voice, 0, 200 * ms},
		"voice in silence":     {join(silence(100*ms, rate), voice, silence(300*ms, rate)), 100 * ms, 300 * ms},
		"voice in a room":      {join(hum, voice, hum), 100 * ms, 300 * ms},
		"voice after a click":  {join(click, voice), 100 * ms, 300 * ms},
		"two words":            {join(voice, silence(400*ms, rate), voice, silence(100*ms, rate)), 0, 800 * ms},
		"a quiet voice":        {join(silence(100*ms, rate), hum, silence(100*ms, rate)), 100 * ms, 200 * ms},
		"shorter than a voice": {tone(20*ms, rate), 0, 0},
	} {
		first, end := Voiced(c.pcm, rate)
		if got := media.Mono(rate); got.Duration(first) != c.first || got.Duration(end) != c.end {
			t.Errorf("%s: %v…%v, want %v…%v", name, got.Duration(first), got.Duration(end), c.first, c.end)
		}
	}
}

func TestPlayerSaysClipsOneAfterTheOther(t *testing.T) {
	clock := &stepClock{now: time.Unix(100, 0)}
	p := newPlayer(t, rate, clock)
	start := clock.now
	clip := join(silence(30*time.Millisecond, rate), tone(50*time.Millisecond, rate), silence(30*time.Millisecond, rate))
	one, err := p.Play(clip, rate)
	if err != nil {
		t.Fatal(err)
	}
	two, err := p.PlayWAV(bytes.NewReader(wav.Append(nil, clip, media.Mono(rate))))
	if err != nil {
		t.Fatal(err)
	}
	var said []int16
	frame := make([]int16, p.Format().TickSamples())
	for p.ReadFrame(frame) {
		said = append(said, frame...)
		clock.now = clock.now.Add(media.Tick)
	}
	want := join(clip, clip)
	if diff := cmp.Diff(want, said[:len(want)]); diff != "" {
		t.Error("what was said is not what was queued")
	}
	if _, end := Voiced(said[len(want):], rate); end != 0 {
		t.Error("the last frame does not end in silence")
	}
	// Voice is 30…80 ms of each clip of 110 ms: ticks 1…3 and 7…9 of 20 ms.
	for name, c := range map[string]struct {
		piece       *Piece
		first, last time.Duration
	}{"one": {one, 20 * time.Millisecond, 60 * time.Millisecond}, "two": {two, 140 * time.Millisecond, 180 * time.Millisecond}} {
		first, last := c.piece.Sent()
		if first.Sub(start) != c.first || last.Sub(start) != c.last {
			t.Errorf("%s: voice left at %v…%v, want %v…%v", name, first.Sub(start), last.Sub(start), c.first, c.last)
		}
		select {
		case <-c.piece.Done():
		default:
			t.Errorf("%s is not done", name)
		}
		if !c.piece.Whole() {
			t.Errorf("%s was not said whole", name)
		}
	}
}

func TestPlayerStops(t *testing.T) {
	p := newPlayer(t, rate, &stepClock{now: time.Unix(1, 0)})
	one, err := p.Play(tone(time.Second, rate), rate)
	if err != nil {
		t.Fatal(err)
	}
	two, err := p.Play(tone(time.Second, rate), rate)
	if err != nil {
		t.Fatal(err)
	}
	frame := make([]int16, p.Format().TickSamples())
	p.ReadFrame(frame)
	p.Stop()
	if p.ReadFrame(frame) || frame[1] != 0 {
		t.Error("sound after Stop")
	}
	for _, piece := range []*Piece{one, two} {
		<-piece.Done()
		if _, last := piece.Sent(); piece.Whole() || !last.IsZero() {
			t.Error("a dropped clip counts as said")
		}
	}
	if first, _ := one.Sent(); first.IsZero() {
		t.Error("the clip that had begun has no begin")
	}
	if first, _ := two.Sent(); !first.IsZero() {
		t.Error("the clip that had not begun has a begin")
	}
}

func TestPlayerFinishesAnEmptyClip(t *testing.T) {
	p := newPlayer(t, rate, nil)
	piece, err := p.Play(nil, rate)
	if err != nil {
		t.Fatal(err)
	}
	<-piece.Done()
	if _, last := piece.Sent(); !piece.Whole() || last.IsZero() {
		t.Error("an empty clip is not done")
	}
}

func TestClipsKeepTheirPlaceAtOtherRates(t *testing.T) {
	const ms = time.Millisecond
	for _, from := range []int{8000, 16000, 22050, 24000, 44100, 48000} {
		for _, to := range []int{8000, 16000, 48000} {
			clip := join(silence(200*ms, from), tone(300*ms, from), silence(100*ms, from))
			own, err := convert(clip, from, to)
			if err != nil {
				t.Fatal(err)
			}
			if got := media.Mono(to).Duration(len(own)).Round(ms); got != 600*ms {
				t.Errorf("%d to %d Hz: lasts %v", from, to, got)
			}
			first, end := Voiced(own, to)
			for _, edge := range []struct{ got, want time.Duration }{
				{media.Mono(to).Duration(first), 200 * ms}, {media.Mono(to).Duration(end), 500 * ms},
			} {
				if off := edge.got - edge.want; off < -10*ms || off > 10*ms {
					t.Errorf("%d to %d Hz: an edge at %v, want %v", from, to, edge.got, edge.want)
				}
			}
		}
	}
}

func TestFormatsOutOfRangeAreRefused(t *testing.T) {
	for _, f := range []media.Format{{}, media.Mono(4000), media.Mono(96000), {Rate: 8000, Channels: 2}} {
		if _, err := NewPlayer(f, nil); err == nil {
			t.Errorf("player takes %v", f)
		}
		if _, err := NewRecorder(f, 0, nil); err == nil {
			t.Errorf("recorder takes %v", f)
		}
	}
	for _, level := range []float64{-91, -9, 3} {
		if _, err := NewRecorder(media.Mono(rate), level, nil); err == nil {
			t.Errorf("recorder takes a level of %v dB", level)
		}
	}
	if _, err := newPlayer(t, rate, nil).Play(tone(time.Second, rate), 4000); err == nil {
		t.Error("a clip of 4000 Hz is taken")
	}
	if _, err := newPlayer(t, rate, nil).PlayWAV(bytes.NewReader([]byte("no sound"))); err == nil {
		t.Error("a file that is no WAV is taken")
	}
}

func TestRecorderFindsSpans(t *testing.T) {
	const ms = time.Millisecond
	clock := &stepClock{now: time.Unix(100, 0)}
	r := newRecorder(t, clock)
	start := clock.now
	// Voice at 100…300 and 400…500 ms, and at 1000 ms to the end.
	heard := join(silence(100*ms, rate), tone(200*ms, rate), silence(100*ms, rate), tone(100*ms, rate), silence(500*ms, rate), tone(100*ms, rate))
	hear := func(pcm []int16) {
		for len(pcm) > 0 {
			n := min(len(pcm), r.Format().TickSamples())
			if err := r.WriteFrame(media.Frame{PCM: pcm[:n]}); err != nil {
				t.Fatal(err)
			}
			pcm = pcm[n:]
			clock.now = clock.now.Add(media.Tick)
		}
	}
	hear(heard)
	at := func(d time.Duration) time.Time { return start.Add(d) }
	first := Span{From: 5, To: 25, First: at(100 * ms), Last: at(480 * ms), Over: true}
	last := Span{From: 50, To: 55, First: at(1000 * ms), Last: at(1080 * ms)}
	if diff := cmp.Diff([]Span{first, last}, r.Spans(200*ms)); diff != "" {
		t.Error(diff)
	}
	if got := len(r.Spans(60 * ms)); got != 3 {
		t.Errorf("%d spans with a pause of 60 ms, want 3", got)
	}
	if got, _ := r.Next(r.FrameAt(at(200*ms)), 200*ms); got.From != 10 || got.To != 25 {
		t.Errorf("from 200 ms on: frames %d…%d, want 10…25", got.From, got.To)
	}
	if _, found := r.Next(r.FrameAt(at(2*time.Second)), 200*ms); found {
		t.Error("a span in the future")
	}
	hear(silence(220*ms, rate))
	if got, _ := r.Next(50, 200*ms); !got.Over || got.To != last.To {
		t.Errorf("after silence: %+v", got)
	}
	if diff := cmp.Diff(heard, r.PCM(0, 55)); diff != "" {
		t.Error("what is kept is not what was heard")
	}
	if got := r.PCM(60, 1000); len(got) != (r.Frames()-60)*r.Format().TickSamples() {
		t.Errorf("%d samples at the end", len(got))
	}
	select {
	case <-r.Changed():
	default:
		t.Error("no word of new frames")
	}
}

func TestRecordingIsReadBack(t *testing.T) {
	r := newRecorder(t, nil)
	want := tone(12*time.Second, rate) // more than one block
	for at := 0; at < len(want); at += r.Format().TickSamples() {
		if err := r.WriteFrame(media.Frame{PCM: want[at : at+r.Format().TickSamples()]}); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(t.TempDir(), "heard.wav")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := r.WriteWAV(f); err != nil {
		t.Fatal(err)
	}
	got, format, err := wav.ReadFile(path)
	if err != nil || format != r.Format() {
		t.Fatalf("%v, %v", format, err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error("the file does not hold what was heard")
	}
}

func TestFramePathDoesNotAllocate(t *testing.T) {
	p, r := newPlayer(t, rate, nil), newRecorder(t, nil)
	p.Monitor(newRecorder(t, nil))
	if _, err := p.Play(tone(20*time.Second, rate), rate); err != nil {
		t.Fatal(err)
	}
	frame := make([]int16, p.Format().TickSamples())
	if n := testing.AllocsPerRun(blockFrames-10, func() {
		p.ReadFrame(frame)
		_ = r.WriteFrame(media.Frame{PCM: frame})
	}); n != 0 {
		t.Errorf("%v allocations a frame", n)
	}
}

func BenchmarkFrame(b *testing.B) {
	p, r := newPlayer(b, rate, nil), newRecorder(b, nil)
	if _, err := p.Play(tone(time.Second, rate), rate); err != nil {
		b.Fatal(err)
	}
	frame := make([]int16, p.Format().TickSamples())
	b.ReportAllocs()
	for b.Loop() {
		p.ReadFrame(frame)
		_ = r.WriteFrame(media.Frame{PCM: frame})
	}
}

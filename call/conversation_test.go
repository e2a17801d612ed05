package call

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/dialog"
	"github.com/hotline-cc/hotline/media"
	"github.com/hotline-cc/hotline/media/dtmf"
)

const testRate = 8000

// stage is a conversation with a leg that a test ticks by hand, in the fake time of synctest.
// The caller's words are those of hears; ours are tones as long as their text.
type stage struct {
	pad
	t      *testing.T
	sink   media.Sink
	source media.Source
	keys   chan dtmf.Event
	ended  chan hotline.Ended
	hung   string

	mu     sync.Mutex
	events []hotline.EventBody
	hears  []Words // in order of recognition; the last one again and again
	fails  error
	slow   time.Duration // of a recognition
	live   time.Duration // of a synthesis; 0 is cached
	mute   error         // of a synthesis
	echo   bool          // the caller's line sends back what we say

	passes           bool // sound can be passed through undecoded
	passed, unpassed int

	sent   []bool // which ticks carried sound of ours
	frames int
	echoes [][]int16
	done   chan error
}

func (s *stage) Format() media.Format        { return media.Mono(testRate) }
func (s *stage) Keys() <-chan dtmf.Event     { return s.keys }
func (s *stage) Ended() <-chan hotline.Ended { return s.ended }
func (s *stage) Join(i media.Sink, o media.Source) error {
	s.sink, s.source = i, o
	return nil
}
func (s *stage) Hangup(_ context.Context, reason string) error {
	s.hung = reason
	return nil
}

func (s *stage) Append(body hotline.EventBody) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.events = append(s.events, body)
	return nil
}

func (s *stage) Recognize(ctx context.Context, _ Speech) (Words, error) {
	select {
	case <-time.After(s.slow):
	case <-ctx.Done():
		return Words{}, ctx.Err()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fails != nil || len(s.hears) == 0 {
		return Words{}, s.fails
	}
	w := s.hears[0]
	if len(s.hears) > 1 {
		s.hears = s.hears[1:]
	}
	return w, nil
}

func (s *stage) Speak(ctx context.Context, p dialog.Prompt, emit func([]int16) error) (bool, error) {
	select {
	case <-time.After(s.live):
	case <-ctx.Done():
		return false, ctx.Err()
	}
	if s.mute != nil {
		return false, s.mute
	}
	return s.live == 0, emit(tonePCM(len([]rune(p.Text))*VoiceRate/5, VoiceRate, 0.2, 230))
}

// Window finds voice by its level.
func (s *stage) Window(pcm []int16) float32 {
	for _, x := range pcm {
		if x > 2000 || x < -2000 {
			return 0.95
		}
	}
	return 0.01
}

// tonePCM is two gliding tones: a steady one would be like itself at every delay. Voices at another
// pitch are not like each other.
func tonePCM(n, rate int, level, pitch float64) []int16 {
	pcm := make([]int16, n)
	for i := range pcm {
		x := float64(i) / float64(rate)
		pcm[i] = int16(level * 32767 * 0.5 * (math.Sin(2*math.Pi*pitch*(1+0.15*x)*x) + math.Sin(2*math.Pi*2.37*pitch*(1+0.1*x*x)*x)))
	}
	return pcm
}

// newStage starts a conversation in the dialog of lines. It must run in a synctest bubble.
func newStage(t *testing.T, change func(*stage, *Config)) *stage {
	t.Helper()
	s := &stage{t: t, keys: make(chan dtmf.Event, 8), ended: make(chan hotline.Ended, 1), slow: 150 * time.Millisecond, done: make(chan error, 1)}
	cfg := Config{
		Engine: lines{}, Recognizer: s, Voice: s, Detector: s, Log: s,
		Clock: media.SystemClock{}, Logger: slog.New(slog.DiscardHandler),
		Started: hotline.Started{Channel: hotline.ChannelPhone, From: "1000"},
		Filler:  "请稍等。",
	}
	if change != nil {
		change(s, &cfg)
	}
	c, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	go func() { s.done <- c.Run(t.Context(), s) }()
	synctest.Wait()
	return s
}

// play lets the caller speak (or be silent) for a time and returns which of our ticks had sound.
func (s *stage) play(d time.Duration, level float64) []bool {
	from := len(s.sent)
	pcm := tonePCM(int(d/media.Tick)*testRate/50, testRate, level, 137)
	out := make([]int16, testRate/50)
	for len(pcm) > 0 {
		in := pcm[:testRate/50]
		if s.echo && len(s.echoes) > 2 { // 60 ms late and 12 dB lower
			for i, x := range s.echoes[len(s.echoes)-3] {
				in[i] += x / 4
			}
		}
		_ = s.sink.WriteFrame(media.Frame{PCM: in, At: time.Duration(s.frames) * media.Tick})
		s.sent = append(s.sent, s.source.ReadFrame(out))
		s.echoes = append(s.echoes, slices.Clone(out))
		s.frames++
		pcm = pcm[testRate/50:]
		time.Sleep(media.Tick)
		synctest.Wait()
	}
	return s.sent[from:]
}

func (s *stage) speak(d time.Duration) []bool { return s.play(d, 0.5) }
func (s *stage) quiet(d time.Duration) []bool { return s.play(d, 0) }

// until plays silence until we have been silent for a while.
func (s *stage) untilSilent() {
	s.t.Helper()
	for range 100 {
		if ticks := s.quiet(500 * time.Millisecond); !slices.Contains(ticks, true) {
			return
		}
	}
	s.t.Fatal("we never stop speaking")
}

// end hangs up on the caller's side and waits for the conversation.
func (s *stage) end() {
	s.t.Helper()
	s.ended <- hotline.Ended{By: "caller"}
	s.wait()
}

func (s *stage) wait() {
	s.t.Helper()
	synctest.Wait()
	select {
	case err := <-s.done:
		if err != nil {
			s.t.Fatal(err)
		}
	default:
		s.t.Fatal("the conversation goes on")
	}
}

// outline writes the log in one line per event.
func (s *stage) outline() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var lines []string
	for _, e := range s.events {
		switch e := e.(type) {
		case hotline.Heard:
			lines = append(lines, fmt.Sprintf("heard %d %s%s", e.Turn, e.Text, map[bool]string{true: " (" + e.Rejected + ")"}[e.Rejected != ""]))
		case hotline.Said:
			lines = append(lines, "said "+e.Prompt+map[bool]string{true: " cut"}[e.Interrupted])
		case hotline.HandedOver:
			lines = append(lines, "handed over "+e.Queue)
		case hotline.Filed:
			lines = append(lines, "filed "+e.What)
		case hotline.Degraded:
			lines = append(lines, "degraded "+e.Stage)
		case hotline.Ended:
			lines = append(lines, "ended by "+e.By)
		}
	}
	return strings.Join(lines, "\n")
}

func (s *stage) want(lines ...string) {
	s.t.Helper()
	if got, want := s.outline(), strings.Join(lines, "\n"); got != want {
		s.t.Errorf("log\n%s\n--- want\n%s", got, want)
	}
}

func TestAQuestionIsAnswered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, func(s *stage, _ *Config) { s.hears = []Words{{Text: "水费怎么收", Confidence: 0.9}} })
		s.untilSilent()
		s.speak(2 * time.Second)
		s.untilSilent()
		s.end()
		s.want("said greeting", "heard 1 水费怎么收", "said answer.kb.water.price", "said anything_else", "ended by caller")
		for _, e := range s.events {
			if tr, ok := e.(hotline.TurnTraced); ok {
				if tr.FirstSentMS < 380 || tr.FirstSentMS > 500 || !tr.Speculative || !tr.Cached || tr.RecognisedMS > tr.EndpointMS {
					t.Errorf("trace %+v: want a cached answer 380…500 ms after the voice, recognised before the end of the turn", tr)
				}
				return
			}
		}
		t.Error("the turn has no trace")
	})
}

func TestKeyZeroReachesAPersonWhileWeSpeak(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, nil)
		s.quiet(time.Second)
		s.keys <- dtmf.Event{Key: '0', Source: dtmf.SourceRTP}
		s.quiet(12 * time.Second)
		s.wait()
		s.want("said greeting cut", "handed over general", "said handover", "ended by system")
		if s.hung != "handed over" {
			t.Errorf("hung up for %q", s.hung)
		}
	})
}

func TestWeStopWhenTheCallerSpeaks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, func(s *stage, _ *Config) { s.hears = []Words{{Text: "水费怎么收", Confidence: 0.9}} })
		s.quiet(1500 * time.Millisecond)
		ticks := s.speak(time.Second)
		if last := lastTrue(ticks) * 20; last > 200 {
			t.Errorf("our last packet left %d ms after the caller began, want at most 200", last)
		}
		s.quiet(time.Second)
		s.untilSilent()
		s.end()
		s.want("said greeting cut", "heard 1 水费怎么收", "said answer.kb.water.price", "said anything_else", "ended by caller")
	})
}

func lastTrue(ticks []bool) int {
	for i := len(ticks) - 1; i >= 0; i-- {
		if ticks[i] {
			return i + 1
		}
	}
	return 0
}

func TestASoundOfListeningLosesNothingOfThePrompt(t *testing.T) {
	for _, heard := range []string{"嗯", "爱你", "哇。"} { // as recognisers make of it
		synctest.Test(t, func(t *testing.T) {
			s := newStage(t, func(s *stage, _ *Config) { s.hears = []Words{{Text: heard}} })
			s.quiet(time.Second)
			s.speak(300 * time.Millisecond)
			s.untilSilent()
			s.end()
			s.want("heard 0 "+heard+" (backchannel)", "said greeting", "ended by caller")
			for _, e := range s.events {
				if said, ok := e.(hotline.Said); ok && said.HeardMS != said.LengthMS {
					t.Errorf("heard %d of %d ms", said.HeardMS, said.LengthMS)
				}
			}
		})
	}
}

func TestAShortCommandStopsThePrompt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, func(s *stage, _ *Config) { s.hears = []Words{{Text: "人工"}} })
		s.quiet(time.Second)
		s.speak(300 * time.Millisecond)
		s.untilSilent()
		s.end()
		if !slices.ContainsFunc(s.events, func(e hotline.EventBody) bool {
			said, ok := e.(hotline.Said)
			return ok && said.Prompt == "greeting" && said.Interrupted
		}) {
			t.Error("the greeting was not interrupted")
		}
	})
}

func TestOurEchoDoesNotStopUs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, func(s *stage, _ *Config) {
			s.hears = []Words{{Text: "水费怎么收"}}
			s.echo = true
		})
		// The echo is loud enough for the detector.
		ticks := s.quiet(3 * time.Second)
		if silent := slices.Index(ticks[5:], false); silent >= 0 {
			t.Errorf("we fell silent %d ms after we had begun", (silent+5)*20)
		}
		s.end()
	})
}

func TestSlowRecognitionIsCoveredUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, func(s *stage, _ *Config) {
			s.hears = []Words{{Text: "水费怎么收", Confidence: 0.9}}
			s.slow = 1900 * time.Millisecond // known while the filler is heard
		})
		s.untilSilent()
		s.speak(time.Second)
		if !slices.Contains(s.quiet(1500*time.Millisecond), true) {
			t.Errorf("nothing was said within 1.5 s")
		}
		s.quiet(2 * time.Second)
		s.untilSilent()
		s.end()
		for _, e := range s.events {
			if said, ok := e.(hotline.Said); ok && said.Interrupted {
				t.Errorf("%s was cut after %d ms", said.Prompt, said.HeardMS)
			}
		}
		s.want("said greeting", "degraded asr", "heard 1 水费怎么收", "said filler", "said answer.kb.water.price", "said anything_else", "ended by caller")
	})
}

func TestABrokenRecogniserIsSaid(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, func(s *stage, _ *Config) {
			s.fails = hotline.Errorf("ask", hotline.CodeUnavailable, "gone")
		})
		s.untilSilent()
		s.speak(time.Second)
		if first := slices.Index(s.quiet(2*time.Second), true); first < 0 {
			t.Error("nothing was said within 2 s")
		}
		s.untilSilent()
		s.end()
		s.want("said greeting", "degraded asr", "heard 0  (failed)", "said fault", "ended by caller")
	})
}

func TestASlowVoiceIsCoveredUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, func(s *stage, _ *Config) { s.hears = []Words{{Text: "水费怎么收", Confidence: 0.9}} })
		s.untilSilent()
		s.live = 3 * time.Second // the second prompt is ready before the first has been heard
		s.speak(time.Second)
		if !slices.Contains(s.quiet(2500*time.Millisecond), true) {
			t.Error("nothing was said within 2.5 s")
		}
		s.quiet(3 * time.Second)
		s.untilSilent()
		s.end()
		s.want("said greeting", "heard 1 水费怎么收", "degraded tts", "said filler", "said answer.kb.water.price", "said anything_else", "ended by caller")
	})
}

func TestABrokenVoiceFallsBack(t *testing.T) {
	for name, change := range map[string]func(*stage, *Config){
		"fails": func(s *stage, _ *Config) { s.mute = hotline.Errorf("ask", hotline.CodeUnavailable, "gone") },
		"hangs": func(s *stage, _ *Config) { s.live = time.Hour },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newStage(t, change)
				if first := slices.Index(s.quiet(2*time.Second), true); first < 0 {
					t.Error("nothing was said within 2 s")
				}
				s.untilSilent()
				s.end()
				s.want("degraded tts", "said greeting", "ended by caller")
				if said := s.events[len(s.events)-2].(hotline.Said); said.Source != "fallback" {
					t.Errorf("said from %q, want fallback", said.Source)
				}
			})
		})
	}
}

func TestMoreSpeechReplacesTheTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, func(s *stage, _ *Config) {
			s.hears = []Words{{Text: "再见"}, {Text: "水费怎么收", Confidence: 0.9}}
			s.hears[0].Text = "公积金怎么提取"
		})
		s.untilSilent()
		s.speak(time.Second)
		s.quiet(560 * time.Millisecond) // the answer has just begun
		s.speak(time.Second)
		s.quiet(time.Second)
		s.untilSilent()
		s.end()
		s.want("said greeting", "heard 1 公积金怎么提取", "said answer.kb.gjj.rent cut", "heard 2 水费怎么收", "said answer.kb.water.price", "said anything_else", "ended by caller")
		for _, e := range s.events {
			if h, ok := e.(hotline.Heard); ok && h.Turn == 2 && h.Replaces != 1 {
				t.Errorf("turn 2 replaces %d, want 1", h.Replaces)
			}
		}
	})
}

func TestSilenceEndsInGoodbye(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, nil)
		for range 60 {
			if s.hung != "" {
				break
			}
			s.quiet(time.Second)
		}
		s.wait()
		s.want("said greeting", "said no_input.1", "said no_input.2", "said no_input.last", "ended by system")
	})
}

func TestUnclearSpeechIsAskedForAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, func(s *stage, _ *Config) { s.hears = []Words{{Rejected: "low_log_prob"}} })
		s.untilSilent()
		s.speak(time.Second)
		s.quiet(time.Second)
		s.untilSilent()
		s.end()
		s.want("said greeting", "heard 0  (low_log_prob)", "said unheard", "ended by caller")
	})
}

func TestShutdownEndsTheCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		s := &stage{t: t, keys: make(chan dtmf.Event), ended: make(chan hotline.Ended), done: make(chan error, 1)}
		c, err := New(Config{Engine: lines{}, Recognizer: s, Voice: s, Detector: s, Log: s, Clock: media.SystemClock{}, Logger: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		go func() { s.done <- c.Run(ctx, s) }()
		synctest.Wait()
		cancel()
		s.wait()
		if s.hung != "shutdown" {
			t.Errorf("hung up for %q", s.hung)
		}
	})
}

func TestLineAllocatesNothing(t *testing.T) {
	m := newMouth(media.Mono(testRate), media.SystemClock{})
	l := newLine(media.Mono(testRate), m, nil)
	u := m.open(1, false, false)
	m.append(u, make([]int16, testRate*60))
	in, out := make([]int16, testRate/50), make([]int16, testRate/50)
	if n := testing.AllocsPerRun(200, func() {
		_ = l.WriteFrame(media.Frame{PCM: in})
		l.ReadFrame(out)
		l.free <- <-l.ticks
	}); n != 0 {
		t.Errorf("%v allocations in a tick, want 0", n)
	}
}

package call

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hotline-cc/hotline/dialog"
)

// scene plays voice and silence to a floor and writes down its orders with their stream time in
// milliseconds.
type scene struct {
	floor   floor
	at      time.Duration
	wait    time.Duration // how long a recognition takes
	verdict verdict
	due     map[int]time.Duration
	orders  []string
}

func newScene(t *testing.T) *scene {
	t.Helper()
	tuning, err := Tuning{}.withDefaults()
	if err != nil {
		t.Fatal(err)
	}
	return &scene{floor: floor{tuning: tuning}, wait: 200 * time.Millisecond, due: map[int]time.Duration{}}
}

// speaking tells the floor what our side does from now on.
func (s *scene) speaking(remaining time.Duration, protected bool) {
	s.floor.played(remaining > 0, protected, remaining, 0)
}

func (s *scene) voice(ms int) { s.play(ms, 0.9) }
func (s *scene) quiet(ms int) { s.play(ms, 0.02) }

func (s *scene) play(ms int, prob float64) {
	for end := s.at + time.Duration(ms)*time.Millisecond; s.at+windowLength <= end; {
		s.at += windowLength
		for job, due := range s.due {
			if s.at >= due {
				delete(s.due, job)
				s.take(s.floor.recognised(job, s.verdict))
			}
		}
		s.take(s.floor.window(prob, s.at))
	}
}

var orderNames = map[what]string{
	orderDecode: "decode", orderCancel: "cancel", orderCommit: "commit", orderDiscard: "discard", orderUnheard: "unheard",
	orderHold: "hold", orderRelease: "release", orderYield: "yield", orderSilence: "silence", orderFiller: "filler",
}

func (s *scene) take(orders []order) {
	for _, o := range orders {
		line := orderNames[o.what]
		if o.reason != "" {
			line += " " + o.reason
		}
		if o.what == orderCommit && o.joined {
			line += " joined"
		}
		s.orders = append(s.orders, fmt.Sprintf("%d %s", s.at.Milliseconds(), line))
		switch o.what {
		case orderDecode:
			s.due[o.job] = s.at + s.wait
		case orderCancel:
			delete(s.due, o.job)
		case orderYield:
			s.floor.played(false, false, 0, 0)
		}
	}
}

// want compares what was ordered, in order; the times are those of the 32 ms windows.
func (s *scene) want(t *testing.T, orders ...string) {
	t.Helper()
	if diff := cmp.Diff(orders, s.orders); diff != "" {
		t.Errorf("orders (-want +got):\n%s", diff)
	}
}

// kinds leaves the times out.
func (s *scene) kinds() string {
	var kinds []string
	for _, o := range s.orders {
		_, kind, _ := strings.Cut(o, " ")
		kinds = append(kinds, kind)
	}
	return strings.Join(kinds, ", ")
}

func (s *scene) wantKinds(t *testing.T, want string) {
	t.Helper()
	if got := s.kinds(); got != want {
		t.Errorf("orders\n got %s\nwant %s\n%v", got, want, s.orders)
	}
}

func TestTurnEndsByPatience(t *testing.T) {
	for _, c := range []struct {
		patience dialog.Patience
		commit   string
	}{
		{dialog.PatienceShort, "1984 commit"},  // 1600 + 380, rounded up to a window
		{dialog.PatienceNormal, "2208 commit"}, // 1600 + 600
		{dialog.PatienceLong, "2816 commit"},   // 1600 + 1200
	} {
		s := newScene(t)
		s.verdict = verdict{patience: c.patience}
		s.quiet(320)
		s.voice(1280)
		s.quiet(1600)
		s.want(t, "1760 decode", c.commit)
	}
}

func TestPauseInsideASentenceDoesNotEndIt(t *testing.T) {
	s := newScene(t)
	s.voice(960)
	s.quiet(320) // long enough to start a recognition, too short to end
	s.voice(960)
	s.quiet(1280)
	s.wantKinds(t, "decode, decode, commit")
	if s.floor.turnStart != 0 || s.floor.turnLast != 2240*time.Millisecond {
		t.Errorf("the turn is %v…%v, want 0…2.24s", s.floor.turnStart, s.floor.turnLast)
	}
}

func TestVoiceBeforeTheWordsArrivedCancelsTheRecognition(t *testing.T) {
	s := newScene(t)
	s.wait = 600 * time.Millisecond
	s.voice(960)
	s.quiet(320)
	s.voice(640)
	s.quiet(1280)
	s.wantKinds(t, "decode, cancel, decode, commit")
}

func TestClicksAreNoSpeech(t *testing.T) {
	s := newScene(t)
	for range 10 {
		s.voice(32)
		s.quiet(128)
	}
	s.wantKinds(t, "")
}

func TestInterruption(t *testing.T) {
	for _, c := range []struct {
		name    string
		verdict verdict
		voice   int
		left    time.Duration
		want    string
	}{
		{"a turn stops us", verdict{}, 1600, 5 * time.Second, "hold, decode, yield, decode, commit"},
		{"a long story stops us whatever its words are", verdict{empty: true, reason: "noise"}, 2000, 5 * time.Second, "hold, decode, yield, decode, discard noise"},
		{"a back-channel lets us go on", verdict{backchannel: true}, 320, 5 * time.Second, "hold, decode, discard backchannel, release"},
		{"noise lets us go on", verdict{empty: true, reason: "low_log_prob"}, 256, 5 * time.Second, "hold, decode, discard low_log_prob, release"},
		{"our own echo lets us go on", verdict{echo: true}, 320, 5 * time.Second, "hold, decode, discard echo, release"},
		{"a yes near our end is an answer", verdict{backchannel: true}, 320, 500 * time.Millisecond, "hold, decode, yield, commit"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newScene(t)
			s.verdict = c.verdict
			s.quiet(640)
			s.speaking(c.left, false)
			s.voice(c.voice)
			s.quiet(1600)
			s.wantKinds(t, c.want)
			if !strings.HasPrefix(s.orders[0], "736 ") { // three windows after 640
				t.Errorf("held at %s, want 96 ms after the voice", s.orders[0])
			}
		})
	}
}

func TestProtectedPromptsAreNotInterrupted(t *testing.T) {
	s := newScene(t)
	s.speaking(5*time.Second, true)
	s.voice(1600)
	s.quiet(1280)
	s.wantKinds(t, "decode, discard protected")
}

func TestMoreSpeechTakesTheTurnBack(t *testing.T) {
	s := newScene(t)
	s.voice(960)
	s.quiet(704) // committed at 600
	s.speaking(4*time.Second, false)
	s.voice(960)
	s.quiet(1280)
	s.wantKinds(t, "decode, commit, hold, decode, yield, decode, commit joined")
	if s.floor.turnStart != 0 {
		t.Errorf("the joined turn begins at %v, want 0", s.floor.turnStart)
	}
}

func TestATurnThatAddsNothingLetsTheAnswerGoOn(t *testing.T) {
	s := newScene(t)
	s.voice(960)
	s.quiet(704)
	s.verdict = verdict{same: true}
	s.speaking(4*time.Second, false)
	s.voice(160)
	s.quiet(1280)
	s.wantKinds(t, "decode, commit, hold, decode, discard same, release")
}

func TestSlowRecognition(t *testing.T) {
	s := newScene(t)
	s.wait = time.Hour
	s.voice(960)
	s.quiet(7000)
	s.want(t, "1120 decode", "2272 filler", "6976 cancel", "6976 unheard stalled")
}

func TestFailedRecognition(t *testing.T) {
	s := newScene(t)
	s.verdict = verdict{failed: true}
	s.voice(960)
	s.quiet(1280)
	s.wantKinds(t, "decode, unheard failed")
}

func TestSilenceCountsFromTheEndOfOurSpeech(t *testing.T) {
	s := newScene(t)
	s.floor.listen(2 * time.Second)
	s.speaking(time.Second, false)
	s.quiet(3200)
	s.wantKinds(t, "")
	s.speaking(0, false)
	s.quiet(3200)
	s.want(t, "5216 silence")
}

func TestEndlessSpeechIsCut(t *testing.T) {
	s := newScene(t)
	s.voice(40000)
	s.quiet(2000)
	if !strings.HasPrefix(s.kinds(), "decode, commit") {
		t.Errorf("got %v", s.orders)
	}
	if d := s.floor.tuning.MaxUtterance; s.orders[1] > fmt.Sprint((d + time.Second).Milliseconds()) {
		t.Errorf("cut at %s, want soon after %v", s.orders[1], d)
	}
}

func TestStaleWordsChangeNothing(t *testing.T) {
	s := newScene(t)
	s.voice(960)
	s.quiet(256)
	old := s.floor.job
	s.voice(320)
	if orders := s.floor.recognised(old-1, verdict{}); orders != nil {
		t.Errorf("got %v for a recognition of long ago", orders)
	}
}

package speech

import (
	"context"
	"errors"
	"io"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/media"
	"github.com/hotline-cc/hotline/media/wav"
	"github.com/hotline-cc/hotline/tts"
)

// client serves a synthesiser on a unix socket and returns what the gateway speaks through.
func client(t *testing.T, cfg ServerConfig) *tts.Client {
	t.Helper()
	s, err := NewServer(cfg)
	if err != nil {
		t.Fatal(err)
	}
	socket := filepath.Join(t.TempDir(), "s")
	l, err := Listen(t.Context(), socket)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- Serve(ctx, s, s.log, l) }()
	t.Cleanup(func() {
		cancel()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	c, err := tts.NewClient(tts.ClientConfig{URL: "unix:" + socket})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func TestSoundLeavesPieceByPieceInOrder(t *testing.T) {
	var asked tts.Request
	heard := make(chan struct{})
	c := client(t, ServerConfig{Synthesizer: mouth(func(_ context.Context, r tts.Request, emit func([]int16) error) error {
		asked = r
		for n := range int16(3) {
			if n > 0 {
				<-heard // the next piece is made only when the one before was heard
			}
			if err := emit([]int16{n, -n, n * 256}); err != nil {
				return err
			}
		}
		return nil
	})})
	var got []int16
	err := c.Synthesize(t.Context(), tts.Request{Text: "您好", Voice: "zm_yunjian", Speed: 1.25}, func(pcm []int16) error {
		got = append(got, pcm...)
		if len(got)%3 == 0 && len(got) < 9 {
			heard <- struct{}{}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]int16{0, 0, 0, 1, -1, 256, 2, -2, 512}, got); diff != "" {
		t.Errorf("sound (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(tts.Request{Text: "您好", Voice: "zm_yunjian", Speed: 1.25}, asked); diff != "" {
		t.Errorf("request (-want +got):\n%s", diff)
	}
}

func TestASynthesisThatBreaksOffIsNotTakenForTheWhole(t *testing.T) {
	for name, tc := range map[string]struct {
		pieces int
		err    error
		want   hotline.Code
	}{
		"before the first piece": {0, hotline.Errorf("speak", hotline.CodeInvalid, "no voice"), hotline.CodeInvalid},
		"after it":               {1, errors.New("out of tensors"), hotline.CodeUnavailable},
		"nothing to say":         {0, nil, ""},
	} {
		c := client(t, ServerConfig{Synthesizer: mouth(func(_ context.Context, _ tts.Request, emit func([]int16) error) error {
			for range tc.pieces {
				if err := emit([]int16{1, 2}); err != nil {
					return err
				}
			}
			return tc.err
		})})
		err := c.Synthesize(t.Context(), tts.Request{Text: "您好"}, func([]int16) error { return nil })
		if hotline.CodeOf(err) != tc.want {
			t.Errorf("%s: error %v, want code %q", name, err, tc.want)
		}
	}
}

func TestWAVIsReadableAsItStreams(t *testing.T) {
	want := tone(media.Mono(tts.SampleRate), 10*media.Tick)
	h := server(t, ServerConfig{Synthesizer: mouth(func(_ context.Context, _ tts.Request, emit func([]int16) error) error {
		for piece := range slices.Chunk(want, 777) {
			if err := emit(piece); err != nil {
				return err
			}
		}
		return nil
	})})
	for _, format := range []string{"", `,"response_format":"wav"`} {
		a := post(t.Context(), t, h.URL+"/v1/audio/speech", "application/json", strings.NewReader(`{"input":"您好"`+format+`}`))
		got, f, err := wav.Read(strings.NewReader(a.body))
		if err != nil || f != media.Mono(tts.SampleRate) || !slices.Equal(got, want) || a.header.Get("Content-Type") != "audio/wav" {
			t.Errorf("%q: %d samples, want %d, %v, %v, %s", format, len(got), len(want), f, err, a.header)
		}
	}
}

func TestBadSpeechRequestsAreRefused(t *testing.T) {
	h := server(t, ServerConfig{TTSModel: "kokoro", Synthesizer: mouth(func(context.Context, tts.Request, func([]int16) error) error {
		return nil
	})})
	for body, want := range map[string]struct {
		status int
		code   hotline.Code
	}{
		`{"model":"tts-1","input":"您好","voice":"alloy"}`: {200, ""},
		`{"model":"kokoro","input":"","speed":0.5}`:      {200, ""},
		``:                                 {400, hotline.CodeInvalid},
		`{"input":`:                        {400, hotline.CodeInvalid},
		`{"input":"您好","speed":3}`:         {400, hotline.CodeInvalid},
		`{"input":"您好","speed":"fast"}`:    {400, hotline.CodeInvalid},
		`{"input":"您好","model":"sambert"}`: {404, hotline.CodeNotFound},
		`{"input":"您好","response_format":"mp3"}`:                       {400, hotline.CodeUnsupported},
		`{"input":"` + strings.Repeat("好", tts.MaxTextLength+1) + `"}`: {413, hotline.CodeTooLarge},
		`{"input":"` + strings.Repeat("a", maxSpeechBody) + `"}`:       {413, hotline.CodeTooLarge},
	} {
		got := post(t.Context(), t, h.URL+"/v1/audio/speech", "application/json", strings.NewReader(body))
		if want.status == http.StatusOK {
			if got.status != http.StatusOK {
				t.Errorf("%s: %+v", body, got)
			}
			continue
		}
		checkRefusal(t, got, want.status, want.code, "")
	}
}

func TestPromptsRenderedAheadLeavePlacesForCallers(t *testing.T) {
	working, finish := make(chan struct{}), make(chan struct{})
	h := server(t, ServerConfig{MaxQueued: 2, Synthesizer: mouth(func(_ context.Context, r tts.Request, _ func([]int16) error) error {
		if r.Text == "wait" {
			working <- struct{}{}
			<-finish
		}
		return nil
	})})
	url := h.URL + "/v1/audio/speech"
	done := make(chan struct{})
	go func() {
		defer close(done)
		post(t.Context(), t, url, "application/json", strings.NewReader(`{"input":"wait","background":true}`))
	}()
	<-working
	got := post(t.Context(), t, url, "application/json", strings.NewReader(`{"input":"再一句","background":true}`))
	checkRefusal(t, got, 429, hotline.CodeOverload, "")
	if got := post(t.Context(), t, url, "application/json", strings.NewReader(`{"input":"您好"}`)); got.status != http.StatusOK {
		t.Errorf("a caller's sentence: %+v", got)
	}
	close(finish)
	<-done
}

func TestClausesAskForTheCoresAsWhatTheyAre(t *testing.T) {
	for body, want := range map[string][]Class{
		`{"input":"您好"}`:                   {FirstClause, LaterClause},
		`{"input":"您好","background":true}`: {Background, Background},
	} {
		var got []Class
		h := server(t, ServerConfig{Synthesizer: mouth(func(ctx context.Context, _ tts.Request, emit func([]int16) error) error {
			for range 2 {
				got = append(got, clauseClass(ctx))
				if err := emit([]int16{1}); err != nil {
					return err
				}
			}
			return nil
		})})
		post(t.Context(), t, h.URL+"/v1/audio/speech", "application/json", strings.NewReader(body))
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", body, diff)
		}
	}
	if got := clauseClass(t.Context()); got != FirstClause {
		t.Errorf("without a server: %v", got)
	}
}

func TestARecognitionComesBetweenTwoClauses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := cores(t, 1)
		var order []string
		s, err := NewServer(ServerConfig{Cores: c, Synthesizer: mouth(func(ctx context.Context, _ tts.Request, emit func([]int16) error) error {
			for _, clause := range []string{"first", "second"} {
				release, err := c.Clause(ctx)
				if err != nil {
					return err
				}
				synctest.Wait() // let the recognition come and wait
				order = append(order, clause)
				release()
				if err := emit([]int16{1}); err != nil {
					return err
				}
			}
			return nil
		})})
		if err != nil {
			t.Fatal(err)
		}
		spoken := make(chan error, 1)
		go func() {
			spoken <- s.synthesise(t.Context(), speechRequest{Input: "您好。请讲。"}, &soundWriter{w: discard{}, control: http.NewResponseController(discard{})})
		}()
		go func() {
			_, release, err := c.Recognition(t.Context(), true)
			if err != nil {
				t.Error(err)
				return
			}
			order = append(order, "recognition")
			release()
		}()
		if err := <-spoken; err != nil {
			t.Error(err)
		}
		synctest.Wait()
		if at := slices.Index(order, "recognition"); at < 0 || at > 1 {
			t.Errorf("order %v", order)
		}
	})
}

// discard is a ResponseWriter that keeps nothing.
type discard struct{}

func (discard) Header() http.Header         { return http.Header{} }
func (discard) Write(p []byte) (int, error) { return io.Discard.Write(p) }
func (discard) WriteHeader(int)             {}
func (discard) Flush()                      {}

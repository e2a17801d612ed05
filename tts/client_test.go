package tts

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hotline-cc/hotline"
)

// serve answers on a unix socket and returns a client for it.
func serve(t *testing.T, cfg ClientConfig, handler http.HandlerFunc) *Client {
	t.Helper()
	socket := filepath.Join(t.TempDir(), "s")
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	server := &httptest.Server{Listener: l, Config: &http.Server{Handler: handler}}
	server.Start()
	t.Cleanup(server.Close)
	cfg.URL = "unix:" + socket
	c, err := NewClient(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func collect(ctx context.Context, s Synthesizer, r Request) (pcm []int16, err error) {
	err = s.Synthesize(ctx, r, func(piece []int16) error {
		pcm = append(pcm, piece...)
		return nil
	})
	return pcm, err
}

func littleEndian(pcm []int16) []byte {
	var raw []byte
	for _, x := range pcm {
		raw = binary.LittleEndian.AppendUint16(raw, uint16(x))
	}
	return raw
}

func TestClientStreamsWhatTheEngineSays(t *testing.T) {
	want := speech("x")
	c := serve(t, ClientConfig{Model: "kokoro", APIKey: "secret"}, func(w http.ResponseWriter, r *http.Request) {
		var got map[string]any
		if err := json.NewDecoder(r.Body).Decode(&got); err != nil {
			t.Error(err)
		}
		asked := map[string]any{"model": "kokoro", "input": "您好", "voice": "zm_yunjian", "speed": 1.2, "response_format": "pcm"}
		if diff := cmp.Diff(asked, got); diff != "" {
			t.Errorf("request (-want +got):\n%s", diff)
		}
		if r.Method != http.MethodPost || r.URL.Path != "/v1/audio/speech" || r.Header.Get("Authorization") != "Bearer secret" {
			t.Errorf("%s %s with authorization %q", r.Method, r.URL.Path, r.Header.Get("Authorization"))
		}
		w.Header().Set("Content-Type", "audio/pcm")
		for raw := littleEndian(want); len(raw) > 0; { // odd pieces cut samples in half
			n := min(333, len(raw))
			_, _ = w.Write(raw[:n])
			w.(http.Flusher).Flush()
			raw = raw[n:]
		}
	})
	got, err := collect(t.Context(), c, Request{Text: "您好", Voice: "zm_yunjian", Speed: 1.2})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("sound (-want +got):\n%s", diff)
	}
}

func TestClientBringsOtherRatesToOurs(t *testing.T) {
	const rate, hz = 16000, 440
	tone := make([]int16, rate)
	for i := range tone {
		tone[i] = int16(10000 * math.Sin(2*math.Pi*hz*float64(i)/rate))
	}
	c := serve(t, ClientConfig{}, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", fmt.Sprintf("audio/pcm;rate=%d;channels=1", rate))
		_, _ = w.Write(littleEndian(tone))
	})
	got, err := collect(t.Context(), c, Request{Text: "嘀"})
	if err != nil {
		t.Fatal(err)
	}
	if len(got) < SampleRate || len(got) > SampleRate+SampleRate/100 {
		t.Errorf("%d samples for one second", len(got))
	}
	crossings := 0
	const settled = SampleRate / 100 // the filter rings at the onset
	for i := settled; i < settled+SampleRate/2; i++ {
		if got[i-1] < 0 && got[i] >= 0 {
			crossings++
		}
	}
	if crossings < hz/2-1 || crossings > hz/2+1 {
		t.Errorf("the tone has %d periods in half a second, want %d", crossings, hz/2)
	}
}

func TestClientGivesEveryFailureItsCode(t *testing.T) {
	for name, tc := range map[string]struct {
		answer http.HandlerFunc
		want   hotline.Code
	}{
		"bad request":   {refuse(400, ""), hotline.CodeInvalid},
		"no key":        {refuse(401, ""), hotline.CodeUnauthorized},
		"wrong key":     {refuse(403, ""), hotline.CodeForbidden},
		"unknown model": {refuse(404, ""), hotline.CodeNotFound},
		"too long":      {refuse(413, ""), hotline.CodeTooLarge},
		"full":          {refuse(429, ""), hotline.CodeOverload},
		"broken":        {refuse(500, ""), hotline.CodeUnavailable},
		"starting":      {refuse(503, ""), hotline.CodeUnavailable},
		"no model":      {refuse(503, "model_missing"), hotline.CodeModelMissing},
		"gateway slow":  {refuse(504, ""), hotline.CodeTimeout},
		"not sound":     {sound("text/html"), hotline.CodeUnsupported},
		"stereo":        {sound("audio/pcm;channels=2"), hotline.CodeUnsupported},
		"odd rate":      {sound("audio/pcm;rate=7"), hotline.CodeUnsupported},
		"breaks off": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			w.Header().Set("Content-Type", "audio/pcm")
			_, _ = w.Write(make([]byte, 10))
		}, hotline.CodeUnavailable},
		"stalls before": {func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, hotline.CodeTimeout},
		"stalls within": {func(w http.ResponseWriter, r *http.Request) {
			sound("audio/pcm")(w, r)
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		}, hotline.CodeTimeout},
	} {
		t.Run(name, func(t *testing.T) {
			c := serve(t, ClientConfig{Stall: 100 * time.Millisecond}, func(w http.ResponseWriter, r *http.Request) {
				drain(r)
				tc.answer(w, r)
			})
			if _, err := collect(t.Context(), c, Request{Text: "您好"}); hotline.CodeOf(err) != tc.want {
				t.Errorf("error %v, want code %s", err, tc.want)
			}
		})
	}
}

// drain reads the request, without which the server does not notice that the client has gone.
func drain(r *http.Request) { _ = json.NewDecoder(r.Body).Decode(new(any)) }

func refuse(status int, code string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = fmt.Fprintf(w, `{"error":{"message":"no","type":"error","code":%q}}`, code)
	}
}

func sound(contentType string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		_, _ = w.Write(make([]byte, 10))
	}
}

func TestClientWithoutAServerIsUnavailable(t *testing.T) {
	c, err := NewClient(ClientConfig{URL: "unix:" + filepath.Join(t.TempDir(), "none")})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := collect(t.Context(), c, Request{Text: "您好"}); hotline.CodeOf(err) != hotline.CodeUnavailable {
		t.Errorf("error %v, want code %s", err, hotline.CodeUnavailable)
	}
}

func TestCancelledRequestStopsTheServer(t *testing.T) {
	stopped := make(chan struct{})
	c := serve(t, ClientConfig{}, func(w http.ResponseWriter, r *http.Request) {
		drain(r)
		sound("audio/pcm")(w, r)
		w.(http.Flusher).Flush()
		<-r.Context().Done()
		close(stopped)
	})
	ctx, cancel := context.WithCancel(t.Context())
	err := c.Synthesize(ctx, Request{Text: "您好"}, func([]int16) error { cancel(); return nil })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want %v", err, context.Canceled)
	}
	<-stopped
}

func TestEmitErrorEndsTheSynthesis(t *testing.T) {
	c := serve(t, ClientConfig{}, sound("audio/pcm"))
	full := errors.New("enough")
	if err := c.Synthesize(t.Context(), Request{Text: "您好"}, func([]int16) error { return full }); !errors.Is(err, full) {
		t.Errorf("error %v, want %v", err, full)
	}
}

func TestRequestsAndAddressesOutsideTheRangeAreRefused(t *testing.T) {
	for _, r := range []Request{{Speed: 0.4}, {Speed: 2.1}, {Speed: math.NaN()}, {Text: "\xff"}} {
		if _, err := r.Validate(); hotline.CodeOf(err) != hotline.CodeInvalid {
			t.Errorf("%+v: error %v", r, err)
		}
	}
	for _, cfg := range []ClientConfig{
		{}, {URL: "unix:"}, {URL: "ftp://host"}, {URL: "http://"}, {URL: "http://h/v1", Stall: time.Millisecond},
	} {
		if _, err := NewClient(cfg); hotline.CodeOf(err) != hotline.CodeInvalid {
			t.Errorf("%+v: error %v", cfg, err)
		}
	}
}

func FuzzPCMDecoder(f *testing.F) {
	f.Add([]byte{1, 2, 3, 4, 5}, uint8(1))
	f.Fuzz(func(t *testing.T, raw []byte, step uint8) {
		whole, err := newPCMDecoder("")
		if err != nil {
			t.Fatal(err)
		}
		pieces, err := newPCMDecoder("audio/pcm")
		if err != nil {
			t.Fatal(err)
		}
		want := append([]int16{}, whole.next(raw, true)...)
		got := []int16{}
		for rest := raw; len(rest) > 0; {
			n := min(int(step)+1, len(rest))
			got = append(got, pieces.next(rest[:n], n == len(rest))...)
			rest = rest[n:]
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("cut into pieces of %d (-whole +pieces):\n%s", int(step)+1, diff)
		}
	})
}

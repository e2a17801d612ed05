package asr

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"math"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/media"
	"github.com/hotline-cc/hotline/media/wav"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// serve answers on a unix socket and returns a client for it.
func serve(t *testing.T, cfg ClientConfig, handler http.HandlerFunc) *Client {
	t.Helper()
	cfg.URL = "unix:" + filepath.Join(t.TempDir(), "s")
	listen(t, strings.TrimPrefix(cfg.URL, "unix:"), handler)
	c, err := NewClient(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func listen(t *testing.T, socket string, handler http.HandlerFunc) *httptest.Server {
	t.Helper()
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	server := &httptest.Server{Listener: l, Config: &http.Server{Handler: handler}}
	server.Start()
	t.Cleanup(server.Close)
	return server
}

// says is an engine that answers with one body.
func says(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

func TestClientSendsTheUtterance(t *testing.T) {
	pcm := []int16{0, 1, -1, math.MaxInt16, math.MinInt16}
	want := Result{
		Text: "转人工", Raw: "轉人工", Tokens: []Token{{Text: "转", Prob: 0.5}}, LogProb: -0.5, Confidence: 0.6,
		Rejected: RejectedRepetition, Retried: true, Audio: time.Second, Queued: 2, Elapsed: 3,
	}
	c := serve(t, ClientConfig{APIKey: "secret", Model: "whisper-base"}, func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost || r.URL.Path != "/v1/audio/transcriptions" {
			t.Errorf("asked %s %s", r.Method, r.URL.Path)
		}
		if got := r.Header.Get("Authorization"); got != "Bearer secret" {
			t.Errorf("authorization %q", got)
		}
		if err := r.ParseMultipartForm(1 << 20); err != nil {
			t.Error(err)
		}
		file, _, err := r.FormFile("file")
		if err != nil {
			t.Error(err)
			return
		}
		got, format, err := wav.Read(file)
		if err != nil || format != media.Mono(SampleRate) || !slices.Equal(got, pcm) {
			t.Errorf("the file holds %v in %v, %v", got, format, err)
		}
		fields := map[string][]string{
			"model": {"whisper-base"}, "language": {"zh"}, "prompt": {"社保卡、公积金"},
			"response_format": {"verbose_json"}, "temperature": {"0"}, "speculative": {"true"},
		}
		if diff := cmp.Diff(fields, r.MultipartForm.Value); diff != "" {
			t.Error(diff)
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"text": "转人工", "hotline": want})
	})
	got, err := c.Recognize(context.Background(), Request{
		PCM: pcm, Language: "zh", Hotwords: []string{"社保卡", "公积金"}, Speculative: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestClientGuardsAForeignEngine(t *testing.T) {
	tests := map[string]struct {
		answer string
		want   Result
	}{
		"probabilities": {
			`{"text":" 我要查詢社保","segments":[{"text":"我要查詢","avg_logprob":-0.2},{"text":"社保","avg_logprob":-0.5}]}`,
			Result{Text: "我要查询社保", Raw: " 我要查詢社保", LogProb: -0.3, Confidence: math.Exp(-0.3)},
		},
		"text only": {
			`{"text":"我要查社保"}`,
			Result{Text: "我要查社保", Raw: "我要查社保", Confidence: unstated},
		},
		"tags of SenseVoice": {
			`{"text":"<|zh|><|NEUTRAL|><|Speech|><|woitn|>你好"}`,
			Result{Text: "你好", Raw: "<|zh|><|NEUTRAL|><|Speech|><|woitn|>你好", Confidence: unstated},
		},
		"silence": {
			`{"text":"","segments":[]}`,
			Result{Rejected: RejectedEmpty},
		},
		"credits": {
			`{"text":"請不吝點贊 訂閱 轉發 打賞支持明鏡與點點欄目"}`,
			Result{Raw: "請不吝點贊 訂閱 轉發 打賞支持明鏡與點點欄目", Rejected: RejectedPhantom},
		},
		"guessing": {
			`{"text":"我们一起去看电影吧","segments":[{"text":"x","avg_logprob":-1.6,"no_speech_prob":0.3}]}`,
			Result{Raw: "我们一起去看电影吧", LogProb: -1.6, NoSpeech: 0.3, Rejected: RejectedLowLogProb},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c := serve(t, ClientConfig{}, says(http.StatusOK, tt.answer))
			got, err := c.Recognize(context.Background(), Request{PCM: make([]int16, 2*SampleRate)})
			if err != nil {
				t.Fatal(err)
			}
			tt.want.Audio = 2 * time.Second
			opts := cmp.Options{cmpopts.IgnoreFields(Result{}, "Elapsed"), cmpopts.EquateApprox(0, 1e-9)}
			if diff := cmp.Diff(tt.want, got, opts); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestClientTellsWhatWentWrong(t *testing.T) {
	tests := map[string]struct {
		handler http.HandlerFunc
		want    hotline.Code
	}{
		"full":              {says(429, `{"error":{"message":"queue is full"}}`), hotline.CodeOverload},
		"no model":          {says(503, `{"error":{"message":"no model","code":"model_missing"}}`), hotline.CodeModelMissing},
		"starting":          {says(503, `{"error":{"message":"starting"}}`), hotline.CodeUnavailable},
		"numeric code":      {says(401, `{"error":{"message":"who are you","code":401}}`), hotline.CodeUnauthorized},
		"not JSON":          {says(500, `<html>`), hotline.CodeUnavailable},
		"gateway timed out": {says(504, ``), hotline.CodeTimeout},
		"garbage":           {says(200, `{"text":`), hotline.CodeUnavailable},
		"text of numbers":   {says(200, `{"text":5}`), hotline.CodeUnavailable},
		"breaks off": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			_, _ = io.WriteString(w, `{"text":"我要`)
		}, hotline.CodeUnavailable},
		"dies": {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, hotline.CodeUnavailable},
		"hangs": {func(_ http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			<-r.Context().Done()
		}, hotline.CodeTimeout},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c := serve(t, ClientConfig{Timeout: 200 * time.Millisecond}, tt.handler)
			_, err := c.Recognize(context.Background(), Request{PCM: make([]int16, 100)})
			if hotline.CodeOf(err) != tt.want {
				t.Errorf("code %q, want %q: %v", hotline.CodeOf(err), tt.want, err)
			}
		})
	}
}

func TestClientWithoutAnEngineIsUnavailable(t *testing.T) {
	c, err := NewClient(ClientConfig{URL: "unix:" + filepath.Join(t.TempDir(), "nobody")})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Recognize(context.Background(), Request{PCM: make([]int16, 100)}); hotline.CodeOf(err) != hotline.CodeUnavailable {
		t.Error(err)
	}
}

func TestClientFindsARestartedEngine(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "s")
	first := listen(t, socket, says(200, `{"text":"第一"}`))
	c, err := NewClient(ClientConfig{URL: "unix:" + socket})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	ask := func() string {
		r, err := c.Recognize(context.Background(), Request{PCM: make([]int16, 1600)})
		if err != nil {
			t.Fatal(err)
		}
		return r.Text
	}
	if got := ask(); got != "第一" {
		t.Fatalf("heard %q", got)
	}
	first.CloseClientConnections()
	first.Close()
	listen(t, socket, says(200, `{"text":"第二"}`))
	if got := ask(); got != "第二" {
		t.Errorf("heard %q", got)
	}
}

func TestClientPassesCancellationOn(t *testing.T) {
	reached, left := make(chan struct{}), make(chan struct{})
	c := serve(t, ClientConfig{}, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		close(reached)
		<-r.Context().Done()
		close(left)
	})
	ctx, cancel := context.WithCancelCause(context.Background())
	spoke := errors.New("the caller spoke on")
	go func() {
		<-reached
		cancel(spoke)
	}()
	if _, err := c.Recognize(ctx, Request{PCM: make([]int16, 100)}); !errors.Is(err, spoke) {
		t.Errorf("error %v", err)
	}
	<-left
}

func TestClientRefusesBadConfigAndLongAudio(t *testing.T) {
	for _, cfg := range []ClientConfig{
		{}, {URL: "unix:"}, {URL: "/run/socket"}, {URL: "ftp://host/v1"}, {URL: "http://"},
		{URL: "http://host/v1", Timeout: time.Millisecond}, {URL: "http://host/v1", Timeout: time.Hour},
	} {
		if _, err := NewClient(cfg); hotline.CodeOf(err) != hotline.CodeInvalid {
			t.Errorf("%+v: %v", cfg, err)
		}
	}
	c, err := NewClient(ClientConfig{URL: "http://127.0.0.1:1/v1"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Recognize(context.Background(), Request{PCM: make([]int16, 31*SampleRate)}); hotline.CodeOf(err) != hotline.CodeTooLarge {
		t.Error(err)
	}
}

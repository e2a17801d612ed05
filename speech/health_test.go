package speech

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hotline-cc/hotline/tts"
)

func TestHealthSeesAnEngineThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := cores(t, 2)
		resume := make(chan struct{})
		s, err := NewServer(ServerConfig{HangAfter: 10 * time.Second, Cores: c,
			Recognizer: hears("好"),
			Synthesizer: mouth(func(_ context.Context, _ tts.Request, emit func([]int16) error) error {
				for range 3 {
					time.Sleep(8 * time.Second)
					if err := emit([]int16{1}); err != nil {
						return err
					}
				}
				<-resume
				return nil
			})})
		if err != nil {
			t.Fatal(err)
		}
		check := func(when string, want int) {
			t.Helper()
			w := httptest.NewRecorder()
			s.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/healthz", nil))
			if w.Code != want {
				t.Errorf("%s: %d %s", when, w.Code, w.Body)
			}
		}
		check("idle", 200)
		done := make(chan struct{})
		go func() {
			defer close(done)
			s.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, "/v1/audio/speech", strings.NewReader(`{"input":"您好"}`)))
		}()
		time.Sleep(33 * time.Second)
		check("sound has come every 8 s", 200)
		time.Sleep(2 * time.Second)
		check("no sound for 11 s", 503)
		close(resume)
		<-done
		check("it went on", 200)

		_, release, err := c.Recognition(t.Context(), false)
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(11 * time.Second)
		check("a decode holds its cores", 503)
		release()
		check("it let them go", 200)
	})
}

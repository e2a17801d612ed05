package zh_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/tts"
	"github.com/hotline-cc/hotline/tts/kokoro"
	"github.com/hotline-cc/hotline/tts/zh"
)

// The model itself speaks what the front end writes: every clause is taken and lasts as long as
// its syllables do in speech.
func TestTheModelSpeaksWhatIsWritten(t *testing.T) {
	text, err := zh.New()
	if err != nil {
		t.Fatal(err)
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	models := filepath.Join(cache, "hotline", "models")
	engine, err := kokoro.Open(kokoro.Config{
		Text: text, Model: filepath.Join(models, "kokoro-v1.0.int8.onnx"), VoicesDir: filepath.Join(models, "voices"),
	})
	if hotline.CodeOf(err) == hotline.CodeModelMissing && os.Getenv("CI") == "" {
		t.Skipf("the speech model is not installed: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer engine.Close()
	const sentence = "您好，请在11月24日9:00前拨打12345，下载“云州办”App。"
	pieces, samples := 0, 0
	err = engine.Synthesize(t.Context(), tts.Request{Text: sentence}, func(pcm []int16) error {
		pieces++
		samples += len(pcm)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if pieces < 2 {
		t.Errorf("%d pieces of sound, want several", pieces)
	}
	const syllables = 28
	if rate := syllables / (float64(samples) / tts.SampleRate); rate < 2.5 || rate > 7 {
		t.Errorf("%.1f syllables per second", rate)
	}
}

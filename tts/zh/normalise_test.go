package zh

import "testing"

func frontend(t testing.TB) *Frontend {
	t.Helper()
	f, err := New()
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestTextIsReadAsAnOperatorReadsIt(t *testing.T) {
	f := frontend(t)
	for _, tc := range []struct{ text, want string }{
		{"您好，云州市12345热线", "您好，云州市一二三四五热线"},
		{"先打12333挂失，工本费20元。", "先打幺二三三三挂失，工本费二十元。"},
		{"您的手机号是15400001234，对吗？", "您的手机号是幺五四，零零零零，幺二三四，对吗？"},
	} {
		if got := f.Normalise(tc.text); got != tc.want {
			t.Errorf("%q\n got %q\nwant %q", tc.text, got, tc.want)
		}
	}
}

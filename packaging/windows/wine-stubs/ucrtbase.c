/* Tests under Wine only: numpy calls these while it is imported, and Wine 8's ucrtbase has only their names.
   Everything else is forwarded to Wine's own, renamed to ucrtwine.dll. Never part of the product. */

#define EXPORT __declspec(dllexport)

struct complex_float { float real, imaginary; };
struct complex_double { double real, imaginary; };

EXPORT double creal(struct complex_double value) { return value.real; }
EXPORT double creall(struct complex_double value) { return value.real; }
EXPORT float crealf(struct complex_float value) { return value.real; }
EXPORT double cimag(struct complex_double value) { return value.imaginary; }
EXPORT double cimagl(struct complex_double value) { return value.imaginary; }
EXPORT float cimagf(struct complex_float value) { return value.imaginary; }

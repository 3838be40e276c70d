/* The peer in C: SGD with isotropic Gaussian noise on a block of paths, all coordinates of one kind side by side, a bound checked at
   every step as the engine does. Normals by NumPy's ziggurat, one after the other, or by the engine's, in lanes. */

#include <math.h>
#include <numpy/random/bitgen.h>
#include <numpy/random/distributions.h>
#include <stdint.h>
#include <stdlib.h>

#define LANES 160
#define D 3
#define BOUND 1e6

typedef struct { uint64_t a[LANES], b[LANES], c[LANES], counter[LANES]; } State;

static inline uint64_t next(State *s, int i) {
    uint64_t bits = s->a[i] + s->b[i] + s->counter[i]++;
    s->a[i] = s->b[i] ^ (s->b[i] >> 11);
    s->b[i] = s->c[i] + (s->c[i] << 3);
    s->c[i] = ((s->c[i] << 24) | (s->c[i] >> 40)) + bits;
    return bits;
}

static uint64_t next64(void *state) { return next(state, 0); }
static uint32_t next32(void *state) { return (uint32_t)next(state, 0); }
static double next_unit(void *state) { return (next(state, 0) >> 11) * 0x1p-53; }

typedef struct { double edges[257], heights[257], widths[256]; int64_t inside[256]; } Ziggurat;

static double decide(const Ziggurat *z, State *s, int i, uint64_t bits) {
    for (;;) {
        int layer = bits & 255;
        int64_t integer = (int64_t)bits >> 11;
        double x = integer * z->widths[layer];
        if (llabs(integer) < z->inside[layer]) return x;
        if (layer == 0)
            for (;;) {
                double beyond = -log1p(-((next(s, i) >> 11) * 0x1p-53)) / z->edges[1];
                if (-2 * log1p(-((next(s, i) >> 11) * 0x1p-53)) > beyond * beyond) return copysign(z->edges[1] + beyond, x);
            }
        double height = z->heights[layer] + (next(s, i) >> 11) * 0x1p-53 * (z->heights[layer + 1] - z->heights[layer]);
        if (height < exp(-x * x / 2)) return x;
        bits = next(s, i);
    }
}

static void normals(const Ziggurat *z, State *s, double *row) {
    uint64_t bits[LANES];
    int undecided[LANES + 1], count = 0;
    for (int i = 0; i < LANES; i++) bits[i] = next(s, i);
    for (int i = 0; i < LANES; i++) row[i] = ((int64_t)bits[i] >> 11) * z->widths[bits[i] & 255];
    for (int i = 0; i < LANES; i++) {
        undecided[count] = i;
        count += llabs((int64_t)bits[i] >> 11) >= z->inside[bits[i] & 255];
    }
    for (int k = 0; k < count; k++) row[undecided[k]] = decide(z, s, undecided[k], bits[undecided[k]]);
}

typedef void Gradient(const double x[D], const double *p, double g[D]);

static inline void sphere(const double x[D], const double *p, double g[D]) {
    double f = (x[0] * x[0] + x[1] * x[1] + x[2] * x[2] - p[0] * p[0]) / 2;
    for (int d = 0; d < D; d++) g[d] = f * x[d];
}

static inline void torus(const double x[D], const double *p, double g[D]) {
    double planar = x[0] * x[0] + x[1] * x[1], s = planar + x[2] * x[2] + p[0] * p[0] - p[1] * p[1], c = 2 * p[0] * p[0];
    double f = (s * s - 2 * c * planar) / 16;
    g[0] = f * x[0] * (s - c) / 4, g[1] = f * x[1] * (s - c) / 4, g[2] = f * x[2] * s / 4;
}

static inline void product(const double x[D], const double *p, double g[D]) {
    double yz = x[1] * x[2], f = x[0] * yz - p[0];
    g[0] = f * yz, g[1] = f * x[0] * x[2], g[2] = f * x[0] * x[1];
}

/* x (D, LANES), in place; returns how many bounds were broken. */
static inline long steps(Gradient gradient, const Ziggurat *z, State *s, double (*x)[LANES], const double *p, double eta, long count,
                         int numpys) {
    double noise[D][LANES];
    bitgen_t source = {s, next64, next32, next_unit, next64};
    long broken = 0;
    for (long k = 0; k < count; k++) {
        if (numpys)
            random_standard_normal_fill(&source, D * LANES, noise[0]);
        else
            for (int d = 0; d < D; d++) normals(z, s, noise[d]);
        for (int i = 0; i < LANES; i++) {
            double here[D] = {x[0][i], x[1][i], x[2][i]}, g[D];
            gradient(here, p, g);
            for (int d = 0; d < D; d++) {
                x[d][i] = here[d] - eta * (g[d] + noise[d][i]);
                broken += !(fabs(x[d][i]) <= BOUND);
            }
        }
    }
    return broken;
}

#define ENTRY(name) \
    long sgd_##name(const Ziggurat *z, State *s, double (*x)[LANES], const double *p, double eta, long count, int numpys) { \
        return steps(name, z, s, x, p, eta, count, numpys); \
    }
ENTRY(sphere)
ENTRY(torus)
ENTRY(product)

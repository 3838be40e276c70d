/* The peer in C: label-noise SGD on the overparametrized linear model w = u∘u − v∘v, one sample a step. Its random numbers are drawn as
   it goes, by SFC64: an index by multiplication, a sign by a bit. */

#include <stdint.h>

typedef struct { uint64_t a, b, c, counter; } State;

static inline uint64_t next(State *s) {
    uint64_t bits = s->a + s->b + s->counter++;
    s->a = s->b ^ (s->b >> 11);
    s->b = s->c + (s->c << 3);
    s->c = ((s->c << 24) | (s->c >> 40)) + bits;
    return bits;
}

void run(double *restrict u, double *restrict v, const double *restrict design, const double *restrict targets, int64_t n, int64_t d,
         double rate, double scale, int64_t steps, uint64_t seed) {
    State s = {seed, seed ^ 0x9e3779b97f4a7c15u, ~seed, 1};
    for (int64_t k = 0; k < steps; k++) {
        uint64_t bits = next(&s);
        int64_t i = (int64_t)(((bits >> 32) * (uint64_t)n) >> 32);
        const double *restrict z = design + i * d;
        double r = 0;
        for (int64_t j = 0; j < d; j++) r += z[j] * (u[j] * u[j] - v[j] * v[j]);
        double factor = rate * (r - targets[i] + ((bits & 1) ? scale : -scale));
        for (int64_t j = 0; j < d; j++) {
            double move = factor * z[j];
            u[j] -= move * u[j];
            v[j] += move * v[j];
        }
    }
}

/* The same reads and writes with next to no arithmetic: what memory and caches alone ask for. */
double reads_and_writes(double *restrict u, double *restrict v, const double *restrict design, int64_t n, int64_t d, int64_t steps) {
    State s = {7, 8, 9, 1};
    double total = 0;
    for (int64_t k = 0; k < steps; k++) {
        const double *restrict z = design + (int64_t)(((next(&s) >> 32) * (uint64_t)n) >> 32) * d;
        for (int64_t j = 0; j < d; j++) total += z[j] + u[j] + v[j];
        for (int64_t j = 0; j < d; j++) {
            u[j] = z[j] - u[j];
            v[j] = z[j] - v[j];
        }
    }
    return total;
}

/* A PKCS#11 module that is SoftHSM's and writes a line for every login. Where the functions stand in the list is the
 * same in every version (PKCS#11 2.40, section 5.2): two bytes of version, then pointers, C_Login the nineteenth. */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef unsigned long rv;
struct list {
    unsigned char version[2];
    void *function[68];
};
typedef rv (*get_list)(struct list **);
typedef rv (*login)(unsigned long, unsigned long, unsigned char *, unsigned long);

static struct list counted;
static login real_login;

static rv counting_login(unsigned long session, unsigned long user, unsigned char *pin, unsigned long length) {
    FILE *file = fopen(getenv("MLEG_TEST_LOGINS"), "a");
    rv answer = real_login(session, user, pin, length);
    fprintf(file, "%#lx\n", answer);
    fclose(file);
    return answer;
}

rv C_GetFunctionList(struct list **out) {
    void *library = dlopen(getenv("MLEG_TEST_MODULE"), RTLD_NOW);
    struct list *real;
    rv answer = ((get_list)dlsym(library, "C_GetFunctionList"))(&real);
    memcpy(&counted, real, sizeof counted);
    real_login = (login)counted.function[18];
    counted.function[18] = (void *)counting_login;
    *out = &counted;
    return answer;
}

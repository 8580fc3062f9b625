/* A library to be loaded, deleted and replaced; VALUE makes two of it differ. */
volatile int loaded_value = VALUE;

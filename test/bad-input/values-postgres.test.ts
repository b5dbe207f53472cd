import { valueSuite } from './value-suite.ts';

valueSuite('postgres');
